import { expect, it } from "vitest";
import { dumpAll } from "../../redis/seed.ts";
import { useWorld } from "../world.ts";

const world = useWorld();
const inAnHour = Date.now() + 3_600_000;

const row = (openId: string, formId: string, expire = inAnHour) => JSON.stringify({ openId, formId, expire });

/** Rows of several batches, in which users and codes come again; expired ones, bad ones, known ones, a key that is no list. */
function mixedFile(): string {
  const rows: string[] = [];
  for (let i = 0; i < 900; i++) {
    rows.push(row(`o${i % 70}`, `f${i % 490}`));
    if (i % 50 === 0)
      rows.push(
        row(`o${i}`, "old", Date.now() - 60_000),
        "{",
        row("o-string", `s${i}`),
        row("o-odd", `x${i % 100}`),
      );
  }
  return rows.join("\n");
}

async function seed() {
  const { client } = world.redis;
  await client.rpush("mina:openid:o1", JSON.stringify({ formId: "f1", expire: inAnHour }));
  await client.rpush(
    "mina:openid:o2",
    `{"codes":[{"formId":"f2","expire":${inAnHour}},{"formId":"f72","expire":1}]}`,
  );
  await client.rpush("mina:openid:o-odd", "nonsense", JSON.stringify({ formId: "x0", expire: inAnHour }));
  await client.set("mina:openid:o-string", "no list");
}

it("a dry run says what the import then does, to the code, and changes nothing", async () => {
  await seed();
  const before = await dumpAll(world.redis);
  const dry = await world.cli(["pool", "import", "-", "--dry-run", "--json"], { stdin: mixedFile() });
  expect(await dumpAll(world.redis)).toEqual(before);
  const real = await world.cli(["pool", "import", "-", "--json"], { stdin: mixedFile() });
  const { dryRun, ...said } = dry.json<Record<string, unknown>>();
  const { dryRun: isDry, ...done } = real.json<Record<string, unknown>>();
  expect([dryRun, isDry, dry.code, real.code]).toEqual([true, false, 8, 8]);
  expect(said).toEqual(done);
  expect(said).toMatchObject({ imported: expect.any(Number), known: expect.any(Number), expired: 18 });
  expect(said.imported).toBeGreaterThan(450);
  expect(said.known).toBeGreaterThan(100);
});

it("knows codes that broadcasts have used", async () => {
  await world.redis.client.rpush("mina:openid:o1", JSON.stringify({ formId: "f1", expire: inAnHour }));
  const template = "yiMOZZ8xbmJe0Us6IgdYo0fJHqIHCPFXjzHJbNbeK0a";
  await world.cli(["broadcast", template, "--keywords", "a", "--any-template", "--yes"]);
  const { stdout } = await world.screen(["pool", "import", "-", "--dry-run"], {
    stdin: `${row("o1", "f1")}\n${row("o1", "f2")}`,
  });
  expect(stdout).toBe(
    "2 lines, 1 code would be imported, 0 already there, 1 already used, 0 expired, 0 bad lines\n",
  );
});

it("the same from another layout in Redis", async () => {
  const { client } = world.redis;
  for (const formId of ["f1", "f2"]) await client.zadd("formids:o1", inAnHour, formId);
  await client.rpush("mina:openid:o1", JSON.stringify({ formId: "f1", expire: inAnHour }));
  const before = await dumpAll(world.redis);
  const from = ["pool", "import", "--from", "zset", "--from-prefix", "formids:", "--json"];
  const dry = await world.cli([...from, "--dry-run"]);
  expect(await dumpAll(world.redis)).toEqual(before);
  const real = await world.cli(from);
  expect(dry.json()).toEqual({ ...real.json<object>(), dryRun: true });
  expect(dry.json()).toMatchObject({ imported: 1, known: 1 });
});

it("the same for consents, under the cap", async () => {
  const rows = Array.from({ length: 700 }, (_, i) =>
    JSON.stringify({
      openId: `o${i % 90}`,
      templateId: "T".repeat(43),
      consent: `c${i % 350}`,
      at: Date.now() - 1000,
    }),
  ).join("\n");
  const argv = ["pool", "import", "-", "--channel", "wechat-subscribe", "--consent-cap", "3", "--json"];
  const dry = await world.cli([...argv, "--dry-run"], { stdin: rows });
  expect(await world.redis.client.dbsize()).toBe(0);
  const real = await world.cli(argv, { stdin: rows });
  expect(dry.json()).toEqual({ ...real.json<object>(), dryRun: true });
  expect(real.json()).toMatchObject({ imported: 270, capped: expect.any(Number) });
});
