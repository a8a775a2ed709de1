import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { broadcast, dumpAll, giveUsers, setFaults, useWorld } from "../../broadcast/world.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld();
const RECORD = "mina:broadcast:b-1";
/** Another API that would take whatever comes. */
let other: Sandbox;
beforeAll(async () => {
  other = await startSandbox({ acceptAny: true });
});
afterAll(() => other?.close());

/** A broadcast to 5 users that stopped before the first message. */
beforeEach(async () => {
  other.reset();
  await giveUsers(world, 5);
  setFaults(world, "withdrawn:100");
  expect((await broadcast(world, ["--id", "b-1", "--max-errors", "99"])).code).toBe(9);
  setFaults(world);
});

const elsewhere = () => ({ PUSH_CLI_API_BASE: other.url });
const baseInRecord = () => world.redis.client.hget(RECORD, "apiBase");
const resume = (args: string[], env: Record<string, string> = {}) =>
  inPipe(world, ["resume", "b-1", "--json", ...args], env);

async function expectNothingDone(before: Record<string, unknown>) {
  expect(other.stats().requests).toBe(0);
  expect(world.sandbox.stats().delivered).toBe(0);
  expect(await dumpAll(world)).toEqual(before);
}

test("the record keeps API and appid", async () => {
  expect(await world.redis.client.hgetall(RECORD)).toMatchObject({
    apiBase: world.sandbox.url,
    appid: "wx-sandbox",
  });
});

describe("resume through another API", () => {
  test.each([["--yes"], ["--dry-run"], ["--dry-run", "--yes"], []])(
    "is refused with both named: exit 5 (%s %s)",
    async (...args) => {
      const before = await dumpAll(world);
      const result = await resume(args, elsewhere());
      expect(result).toMatchObject({ code: 5, stdout: "" });
      const { code, message, hint } = errorOf(result);
      expect(code).toBe("config");
      expect(message).toContain(`was started through ${world.sandbox.url}`);
      expect(message).toContain(other.url);
      expect(hint).toContain(`--api-base ${world.sandbox.url}`);
      await expectNothingDone(before);
    },
  );

  test("is refused at a terminal without a question", async () => {
    const before = await dumpAll(world);
    const { code, stderr } = await atTerminal(world, ["resume", "b-1"], "b-1\n", elsewhere());
    expect(code).toBe(5);
    expect(stderr).not.toMatch(/\? (\[y|Type)/);
    await expectNothingDone(before);
  });

  test("takes --api-base and the id, typed", async () => {
    const argv = ["resume", "b-1", "--api-base", other.url];
    const { code, stderr } = await atTerminal(world, argv, "b-1\n");
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/\? Type b-1 to confirm: /);
    expect(stderr).toContain(`API        ${other.url}, NOT the original API: ${world.sandbox.url}`);
    expect(other.stats().delivered).toBe(5);
    expect(world.sandbox.stats().delivered).toBe(0);
    expect(await baseInRecord(), "where it began").toBe(world.sandbox.url);
  });

  test.each(["y\n", "yes\n", "5\n", "b-2\n", "\n"])("takes no %j for that", async (typed) => {
    const before = await dumpAll(world);
    const argv = ["resume", "b-1", "--api-base", other.url];
    expect((await atTerminal(world, argv, typed)).code).toBe(11);
    await expectNothingDone(before);
  });

  test("or --yes and --api-base together", async () => {
    const result = await resume(["--yes", "--api-base", other.url]);
    expect(result.code, result.stderr).toBe(0);
    expect(other.stats().delivered).toBe(5);
    expect(await baseInRecord(), "where it began").toBe(world.sandbox.url);
  });
});

describe("resume through the same API", () => {
  test.each(["/", "//"])("is no other one for %s at its end", async (end) => {
    const env = { PUSH_CLI_API_BASE: `${world.sandbox.url}${end}` };
    const result = await resume(["--yes"], env);
    expect(result.code, result.stderr).toBe(0);
    expect(world.sandbox.stats().delivered).toBe(5);
  });

  test.each([
    ["/proxy/", "/proxy"],
    ["/proxy", "/proxy/"],
    ["", "/"],
    ["/", ""],
  ])("whether the record has %j and %j is set", async (own, now) => {
    await world.redis.client.hset(RECORD, "apiBase", `${world.sandbox.url}${own}`);
    const result = await resume(["--dry-run"], { PUSH_CLI_API_BASE: `${world.sandbox.url}${now}` });
    expect(result.code, result.stderr).toBe(0);
  });

  test.each(["/proxy", "/Proxy/"])("is another one for a path: %s", async (path) => {
    await world.redis.client.hset(RECORD, "apiBase", `${world.sandbox.url}/other`);
    const result = await resume(["--dry-run"], { PUSH_CLI_API_BASE: `${world.sandbox.url}${path}` });
    expect(result.code).toBe(5);
  });

  test("asks for no more than y, with --api-base too", async () => {
    const argv = ["resume", "b-1", "--api-base", `${world.sandbox.url}/`];
    const { code, stderr } = await atTerminal(world, argv, "y\n");
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain("NOT the one");
    expect(world.sandbox.stats().delivered).toBe(5);
  });
});

describe("a record of an older version, without an API", () => {
  beforeEach(() => world.redis.client.hdel(RECORD, "apiBase"));

  test("is asked about", async () => {
    const { code, stderr } = await atTerminal(world, ["resume", "b-1"], "y\n");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`${world.sandbox.url} (the original API is not known)`);
    expect(world.sandbox.stats().delivered).toBe(5);
    expect(await baseInRecord()).toBe(world.sandbox.url);
  });

  test("takes more than --yes: exit 11", async () => {
    const before = await dumpAll(world);
    const result = await resume(["--yes"]);
    expect(result).toMatchObject({ code: 11, stdout: "" });
    expect(errorOf(result)).toMatchObject({
      code: "confirm",
      hint: expect.stringContaining(`--yes --api-base ${world.sandbox.url}`),
    });
    await expectNothingDone(before);
  });

  test("takes --yes --api-base, and knows it from then on", async () => {
    const result = await resume(["--yes", "--api-base", world.sandbox.url, "--limit", "2"]);
    expect(result.code, result.stderr).toBe(0);
    expect(await baseInRecord()).toBe(world.sandbox.url);
    expect((await resume(["--yes", "--limit", "none"], elsewhere())).code).toBe(5);
    expect((await resume(["--yes", "--limit", "none"])).code).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 5, maxPerUser: 1 });
  });

  test("is counted by a dry run, whatever the API", async () => {
    const before = await dumpAll(world);
    expect((await resume(["--dry-run", "--yes"], elsewhere())).json()).toMatchObject({ wouldSend: 5 });
    await expectNothingDone(before);
  });
});

test("resume for another appid is refused: exit 5", async () => {
  const before = await dumpAll(world);
  const result = await resume(["--yes"], { PUSH_CLI_APPID: "wx-other" });
  expect(result).toMatchObject({ code: 5, stdout: "" });
  expect(errorOf(result).message).toMatch(/belongs to appid wx-sandbox, not to wx-other/);
  await expectNothingDone(before);
});
