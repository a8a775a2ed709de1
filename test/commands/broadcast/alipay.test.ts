import { afterEach, describe, expect, it } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const USERS = Array.from({ length: 40 }, (_, i) => `20881021224${String(58000 + i)}`);
const TEMPLATE = "MDI4YzIxMDE2M2I5YTQzYjUxNWE4MjA4NmU1MTIyYmM=";
const MESSAGE = [TEMPLATE, "--keywords", "订单 42,shipped", "--page", "pages/index", "--yes"];

/** With the sandbox's keys in the place of an AppSecret. */
async function cli(channel: string, argv: string[], change: Record<string, string> = {}) {
  const { appPrivateKey = "", alipayPublicKey } = world.sandbox.alipayKeys();
  const { PUSH_CLI_APPSECRET: _, ...env } = world.env;
  const keys = { PUSH_CLI_ALIPAY_PRIVATE_KEY: appPrivateKey, PUSH_CLI_ALIPAY_PUBLIC_KEY: alipayPublicKey };
  const full = { ...env, PUSH_CLI_APPSECRET: "", ...keys, ...change };
  return world.cli(["--channel", channel, ...argv], { env: full });
}

afterEach(() => world.sandbox.setFaults([]));

const poolOf = (openId: string) => `mina:alipay:openid:${openId}`;

async function giveCodes(uses?: number): Promise<void> {
  const expire = Date.now() + HOUR_MS;
  for (const openId of USERS) {
    const entry = { formId: `F-${openId}`, expire, ...(uses && { uses }) };
    await world.redis.client.rpush(poolOf(openId), JSON.stringify(entry));
  }
}

describe("alipay-template", () => {
  it("sends, and takes one of a formId's three messages each time", async () => {
    await giveCodes(3);
    const { code, stdout } = await cli("alipay-template", ["broadcast", ...MESSAGE, "--json"]);
    expect([code, (JSON.parse(stdout) as BroadcastResult).outcomes.sent]).toEqual([0, USERS.length]);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS.length, maxPerUser: 1 });
    const [left] = await world.redis.client.lrange(poolOf(USERS[0]!), 0, -1);
    expect(JSON.parse(left ?? "")).toMatchObject({ uses: 2 });
  });

  it("sends to nobody twice when answers are lost, not even with what is left of the code", async () => {
    await giveCodes(3);
    world.sandbox.setFaults([{ kind: "reset-after", percent: 30 }]);
    const { code, stdout } = await cli("alipay-template", ["broadcast", ...MESSAGE, "--json", "--id", "b1"]);
    const { outcomes } = JSON.parse(stdout) as BroadcastResult;
    expect(code).toBe(8);
    expect(outcomes.unknown).toBeGreaterThan(0);
    expect(outcomes.sent + outcomes.unknown).toBe(USERS.length);
    const { delivered, maxPerUser } = world.sandbox.stats();
    expect([delivered, maxPerUser]).toEqual([USERS.length, 1]);
  });

  it("does not repeat with a code that says nothing of its uses either", async () => {
    await giveCodes();
    world.sandbox.setFaults([{ kind: "reset-after", percent: 30 }]);
    await cli("alipay-template", ["broadcast", ...MESSAGE, "--json"]);
    expect(world.sandbox.stats().maxPerUser).toBe(1);
  });

  it("drops a code that is too old, and takes the user's next", async () => {
    const [openId = ""] = USERS;
    const expire = Date.now() + HOUR_MS;
    const codes = ["good", "old"].map((formId) => ({
      openId,
      formId,
      expire: formId === "old" ? 1 : expire,
    }));
    world.sandbox.registerCodes(codes);
    for (const formId of ["first", "old", "good"])
      await world.redis.client.rpush(poolOf(openId), JSON.stringify({ formId, expire }));
    // Known to work at all, so that a refusal is the code's.
    await cli("alipay-template", ["broadcast", ...MESSAGE]);
    const { stdout } = await cli("alipay-template", ["broadcast", ...MESSAGE, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ outcomes: { sent: 1 }, codes: { refused: 1 } });
  });

  it("needs a page", async () => {
    const { code, stderr } = await cli("alipay-template", [
      "broadcast",
      TEMPLATE,
      "--keywords",
      "a",
      "--yes",
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("--page");
  });

  it.each([
    ["PUSH_CLI_ALIPAY_PRIVATE_KEY", "no alipayPrivateKey given"],
    ["PUSH_CLI_ALIPAY_PUBLIC_KEY", "no alipayPublicKey given"],
    ["PUSH_CLI_APPID", "no appid given"],
  ])("says so where %s is missing, and touches no code", async (variable, message) => {
    await giveCodes(3);
    const { code, stderr } = await cli("alipay-template", ["broadcast", ...MESSAGE], { [variable]: "" });
    expect([code, stderr]).toEqual([4, expect.stringContaining(message)]);
    expect(stderr).toContain(variable);
    expect(await world.redis.client.keys("*")).toHaveLength(USERS.length);
  });

  it("stops at a signature that is refused, puts the codes back, and shows nothing that was signed", async () => {
    await giveCodes(3);
    const other = "2021000000000009";
    const { code, stdout, stderr } = await cli("alipay-template", ["broadcast", ...MESSAGE], {
      PUSH_CLI_APPID: other,
    });
    expect(code).toBe(9);
    expect(stdout + stderr).toContain("40002/isv.invalid-app-id");
    expect(await world.redis.client.llen(poolOf(USERS[0]!))).toBe(1);
  });

  it("loses nobody's message to a wrong public key of Alipay's but those of the first few", async () => {
    await giveCodes(3);
    const { generateKeyPairSync } = await import("node:crypto");
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const wrong = publicKey.export({ type: "spki", format: "der" }).toString("base64");
    const { code, stderr } = await cli("alipay-template", ["broadcast", ...MESSAGE], {
      PUSH_CLI_ALIPAY_PUBLIC_KEY: wrong,
    });
    expect(code).toBe(7);
    expect(stderr).toContain("PUSH_CLI_ALIPAY_PUBLIC_KEY");
    const { delivered, maxPerUser } = world.sandbox.stats();
    expect(maxPerUser).toBe(1);
    expect(delivered).toBeLessThanOrEqual(10);
  });
});

describe("alipay-subscribe", () => {
  const pool = (openId: string) => `mina:alipay:consent:{${openId}}:${TEMPLATE}`;

  it("takes a consent for each message, and none back after a lost answer", async () => {
    for (const openId of USERS) {
      world.sandbox.registerConsents([{ openId, templateId: TEMPLATE, count: 2 }]);
      for (const consent of ["a", "b"])
        await world.redis.client.rpush(pool(openId), JSON.stringify({ consent, at: Date.now() }));
    }
    world.sandbox.setFaults([{ kind: "reset-after", percent: 20 }]);
    const { stdout } = await cli("alipay-subscribe", ["broadcast", ...MESSAGE, "--json"]);
    const { outcomes } = JSON.parse(stdout) as BroadcastResult;
    expect(outcomes.sent + outcomes.unknown).toBe(USERS.length);
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS.length, maxPerUser: 1 });
    for (const openId of USERS) expect(await world.redis.client.llen(pool(openId))).toBe(1);
  });
});

it("keeps keys out of output and logs", async () => {
  await giveCodes(3);
  const { appPrivateKey = "" } = world.sandbox.alipayKeys();
  const { stdout, stderr } = await cli("alipay-template", ["broadcast", ...MESSAGE, "--debug"]);
  const shown = await cli("alipay-template", ["config", "show"]);
  const all = stdout + stderr + shown.stdout + shown.stderr;
  expect(all).not.toContain(appPrivateKey.slice(40, 80));
});
