import { beforeEach, expect, it } from "vitest";
import { plainEntry } from "../../helpers/redis.ts";
import { useWorld } from "../world.ts";

const world = useWorld();
const LATER = Date.now() + 86_400_000;
const POOL = (openId: string) => `mina:baidu:openid:${openId}`;
const CONSENTS = (openId: string) => `mina:baidu:consent:{${openId}}:BD0003`;

interface Broadcast {
  status: string;
  outcomes: Record<string, number>;
  codes: Record<string, number>;
  errors: { errcode: number | string }[];
}

beforeEach(() => world.sandbox.setFaults([]));

async function send(channel: string, ...more: string[]) {
  const flags = ["--channel", channel, "--keywords", "a,b", "--yes", "--json", ...more];
  const { code, stdout, stderr } = await world.cli(["broadcast", "BD0003", ...flags]);
  return { code, stderr, ...(JSON.parse(stdout || "{}") as Broadcast) };
}

function push(key: string, ...entries: string[]) {
  return world.redis.client.rpush(key, ...entries);
}

it("sends with codes of forms and payments, to guests and to users", async () => {
  await push(POOL("user"), plainEntry("form-of-a-user-1", LATER), plainEntry("another-form-1", LATER));
  await push(POOL("guest"), plainEntry("form-of-a-guest-0", LATER));
  await push(POOL("payer"), `{"formId":"order-0","expire":${LATER},"uses":3,"scene":2}`);
  const { code, status, outcomes } = await send("baidu-template");
  expect({ code, status, outcomes }).toMatchObject({ code: 0, status: "finished", outcomes: { sent: 3 } });
  expect(world.sandbox.stats()).toMatchObject({
    deliveriesByUser: { user: 1, guest: 1, payer: 1 },
    byErrcode: { 0: 3 },
  });
  expect(await world.redis.client.lrange(POOL("user"), 0, -1)).toEqual([plainEntry("another-form-1", LATER)]);
  expect(await world.redis.client.lrange(POOL("payer"), 0, -1)).toEqual([
    `{"formId":"order-0","expire":${LATER},"uses":2,"scene":2}`,
  ]);
});

it("takes a user's next code when one is refused, without knowing why", async () => {
  world.sandbox.registerCodes([{ openId: "other", formId: "of-somebody-else-1", expire: LATER }]);
  await push(POOL("u"), plainEntry("of-somebody-else-1", LATER), plainEntry("form-good-1", LATER));
  await push(POOL("v"), plainEntry("of-somebody-else-1", LATER));
  const { outcomes, codes } = await send("baidu-template");
  expect(outcomes).toMatchObject({ sent: 1, no_code: 1 });
  expect(codes).toMatchObject({ spent: 1, refused: 2 });
});

it("sends with subscriptions, each once", async () => {
  const entry = (id: string) => `{"consent":"${id}","at":${LATER - 2 * 86_400_000}}`;
  await push(CONSENTS("u1"), entry("s-1"), entry("s-2"));
  await push(CONSENTS("u2"), entry("s-1"));
  expect(await send("baidu-subscribe")).toMatchObject({ code: 0, outcomes: { sent: 2 } });
  expect(await send("baidu-subscribe")).toMatchObject({ outcomes: { sent: 1 } });
  expect(world.sandbox.stats()).toMatchObject({ deliveriesByUser: { u1: 2, u2: 1 } });
  // What was used is used, whoever sends.
  await push(CONSENTS("u2"), entry("s-1"), entry("s-2"));
  expect(await send("baidu-subscribe")).toMatchObject({
    outcomes: { rejected: 1 },
    errors: [{ errcode: 4007 }],
  });
  expect(await world.redis.client.exists(CONSENTS("u2"))).toBe(0);
});

it("imports subscriptions by their ids alone, and sends to nobody without one", async () => {
  const flags = ["--channel", "baidu-subscribe"];
  const csv = "openId,templateId,subscribe_id,count\nu1,BD0003,s-1,\nu2,BD0003,,3\n";
  const imported = await world.cli(["pool", "import", "-", ...flags], { stdin: csv });
  expect(imported.code).toBe(8);
  expect(imported.stderr).toContain("line 3: it has no consent");
  expect(await world.redis.client.lrange(CONSENTS("u1"), 0, -1)).toEqual([
    expect.stringContaining('{"consent":"s-1",'),
  ]);
  const listed = ["--to", "u1", "u2", "--keywords", "a", "--yes"];
  const blind = await world.cli(["broadcast", "BD0003", ...flags, ...listed, "--no-pool"]);
  expect([blind.code, blind.stderr]).toEqual([2, expect.stringContaining("--no-pool")]);
  expect(await send("baidu-subscribe")).toMatchObject({ outcomes: { sent: 1 } });
});

it("exports what it imports, scenes and uses included", async () => {
  const lines = [2, 3].map((scene) => ({
    openId: "u",
    formId: `order-${scene}`,
    expire: LATER,
    uses: scene,
    scene,
  }));
  const text = `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
  const flags = ["--channel", "baidu-template"];
  expect(await world.cli(["pool", "import", "-", ...flags], { stdin: text })).toMatchObject({ code: 0 });
  expect(await world.redis.client.lrange(POOL("u"), 0, -1)).toEqual(
    lines.map(({ openId: _, ...code }) => JSON.stringify(code)),
  );
  expect((await world.cli(["pool", "export", ...flags])).stdout).toBe(text);
  const csv = `openId,formId,expire,uses,scene_type\nv,order-4,${LATER},3,2\nv,order-5,${LATER},3,7\n`;
  const { code, stderr } = await world.cli(["pool", "import", "-", ...flags], { stdin: csv });
  expect([code, stderr]).toEqual([8, expect.stringContaining("line 3: '7' is not a scene")]);
});

it("fetches another token when the gateway refuses the one it has, and never shows it", async () => {
  for (let i = 0; i < 30; i++) await push(POOL(`u${i}`), plainEntry(`form-${i}-of-user-1`, LATER));
  await world.redis.client.set("mina:access_token:wx-sandbox", "24.stolen-token", "PX", 60_000);
  const { outcomes, stderr } = await send("baidu-template", "--debug");
  expect(outcomes).toMatchObject({ sent: 30 });
  expect(world.sandbox.stats().byErrcode["gw/110"]).toBeGreaterThan(0);
  expect(stderr).not.toContain("stolen");
  expect(stderr).not.toContain("sandbox-secret");
});

it("stops at what only the account can mend, and keeps the codes", async () => {
  await push(POOL("u"), plainEntry("form-of-a-user-1", LATER));
  world.sandbox.setFaults([{ kind: "withdrawn", percent: 100 }]);
  const { code, status } = await send("baidu-template");
  expect([code, status]).toEqual([9, "stopped"]);
  expect(await world.redis.client.lrange(POOL("u"), 0, -1)).toEqual([plainEntry("form-of-a-user-1", LATER)]);
});

it("says what is wrong with the credentials", async () => {
  await push(POOL("u"), plainEntry("form-of-a-user-1", LATER));
  const flags = ["--channel", "baidu-template", "--keywords", "a", "--yes"];
  const env = { PUSH_CLI_APPSECRET: "a-wrong-secret" };
  const { code, stderr } = await world.cli(["broadcast", "BD0003", ...flags], { env });
  expect(code).toBe(4);
  expect(stderr).toContain("invalid_client");
  expect(stderr).toContain("AppKey");
  expect(stderr).not.toContain("a-wrong-secret");
});

const LOST = ["5xx-after", "reset-after", "garbage-after", "busy-delivered"] as const;

it.each(["baidu-template", "baidu-subscribe"])(
  "%s: of 20% lost answers nobody gets a message twice, and what is not known is called so",
  async (channel) => {
    const isCode = channel === "baidu-template";
    const users = Array.from({ length: 200 }, (_, i) => `u${i}`);
    for (const [i, openId] of users.entries()) {
      // Every tenth is a payment's, which must not be tried again.
      const payment = `{"formId":"order-${i}","expire":${LATER},"uses":3,"scene":3}`;
      const codes =
        i % 10 === 0
          ? [payment]
          : [`form-${i}-first-1`, `form-${i}-then-1`].map((id) => plainEntry(id, LATER));
      const consents = ["a", "b"].map((id) => `{"consent":"${id}-${i}","at":1764000000000}`);
      await push(isCode ? POOL(openId) : CONSENTS(openId), ...(isCode ? codes : consents));
    }
    world.sandbox.setFaults(LOST.map((kind) => ({ kind, percent: 5 })));
    const { outcomes } = await send(channel, "--max-errors", "200");
    const { maxPerUser, delivered, faults } = world.sandbox.stats();
    expect(LOST.some((kind) => (faults[kind] ?? 0) > 0)).toBe(true);
    expect(maxPerUser).toBe(1);
    const { sent = 0, unknown = 0 } = outcomes;
    expect(unknown).toBeGreaterThan(0);
    expect(sent + unknown).toBe(200);
    // Every one of these was delivered: the answer alone was lost.
    expect(delivered).toBe(200);
  },
);
