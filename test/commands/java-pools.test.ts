import { describe, expect, it } from "vitest";
import { parseFault } from "../../src/sandbox/sandbox.ts";
import { javaPoolKey } from "../helpers/redis.ts";
import { javaEntry, javaEntryAt } from "../pool/java/forms.ts";
import { HOUR_MS, useWorld } from "./world.ts";

/* Pools of a backend that writes Java serialization: entries alone, or keys too. */

const world = useWorld();
const LATER = Math.floor(Date.now() / 1000) * 1000 + 50 * HOUR_MS;
const valid = javaEntryAt("a boxed long", LATER);
const old = javaEntry("a primitive long");
const unreadable = javaEntry("an own writeObject");

const bytes = (entries: string[]) => entries.map((entry) => Buffer.from(entry, "latin1"));

/** The same pools under plain keys and under serialized ones. */
describe.each([
  ["plain keys", [] as string[], (openId: string) => Buffer.from(`mina:openid:${openId}`)],
  ["serialized keys", ["--pool-keys", "java"], javaPoolKey],
])("Java under %s", (_, flags, keyOf) => {
  const push = (openId: string, ...entries: string[]) =>
    world.redis.client.rpush(keyOf(openId), ...bytes(entries));
  const left = async (openId: string) =>
    (await world.redis.client.lrangeBuffer(keyOf(openId), 0, -1)).map((entry) => entry.toString("latin1"));
  const cli = (...argv: string[]) => world.cli([...argv, ...flags]);
  const broadcast = (...argv: string[]) => cli("broadcast", "t", "--yes", "--no-keywords", "--json", ...argv);

  it("is listed and shown", async () => {
    await push("oA", old, valid, unreadable, javaEntry("a formId in a String"));
    await push("oB", old);
    const listed = (await cli("pool", "list", "--json")).stdout.trim().split("\n").sort();
    expect(listed.map((line) => JSON.parse(line))).toMatchObject([
      { openId: "oA", valid: 1, expired: 1, unreadable: 2 },
      { openId: "oB", valid: 0, expired: 1, unreadable: 0 },
    ]);
    const shown = (await cli("pool", "show", "oA", "--json")).json<{ codes: object[] }>();
    expect(shown.codes).toMatchObject([
      { formId: "a1b2c3", state: "expired" },
      { formId: "a1b2c3", state: "valid", expire: LATER },
      { state: "unreadable" },
      { state: "unreadable", formId: "a1b2c3" },
    ]);
  });

  it("is purged of what has expired, and of nothing else", async () => {
    await push("oA", old, valid, unreadable, javaEntry("a Date"), valid);
    await push("oB", old, javaEntry("a HashMap"));
    const totals = (await cli("purge", "--json")).json<object>();
    expect(totals).toMatchObject({ poolsScanned: 2, poolsRemoved: 1, expiredRemoved: 4, unreadableKept: 1 });
    expect([await left("oA"), await left("oB")]).toEqual([[valid, unreadable, valid], []]);
  });

  it("is broadcast to, once each; a code that was not used is back byte for byte", async () => {
    await push("oA", old, unreadable, valid);
    const other = valid.replace("a1b2c3", "d4e5f6");
    await push("oB", javaEntryAt("JSON in a String", LATER).replace("a1b2c3", "b2c3d4"), other);
    await push("oC", unreadable);
    const errors = [{ errcode: null, errmsg: "no code, but entries that are not understood", count: 1 }];
    const counts = { outcomes: { sent: 2, no_code: 1 }, errors };
    expect((await broadcast("--dry-run")).json()).toMatchObject(counts);
    expect((await broadcast("--id", "b1")).json()).toMatchObject(counts);
    expect([await left("oA"), await left("oB"), await left("oC")]).toEqual([
      [unreadable],
      [other],
      [unreadable],
    ]);
    world.sandbox.setFaults([parseFault("day-quota:100")]);
    const stopped = await broadcast("--id", "b2");
    expect(stopped.json<{ codes: object }>().codes).toMatchObject({ released: 1 });
    expect(await left("oB")).toEqual([other]);
    world.sandbox.reset();
    const resumed = (await cli("broadcast", "resume", "b2", "--json", "--yes")).json<{ outcomes: object }>();
    expect(resumed.outcomes).toMatchObject({ sent: 1 });
    expect(await left("oB")).toEqual([]);
  });

  it("gets imported codes in the plain form, but for those that it holds", async () => {
    await push("oA", valid);
    const stdin = `oA,a1b2c3,${LATER}\noA,new,${LATER}\n`;
    const { stdout, stderr } = await world.cli(["pool", "import", "--json", ...flags], { stdin });
    expect(stderr.includes("can't read")).toBe(flags.length > 0);
    expect(JSON.parse(stdout)).toMatchObject({ imported: 1, known: 1 });
    expect(await left("oA")).toEqual([valid, JSON.stringify({ formId: "new", expire: LATER })]);
  });
});

it("keeps plain and serialized keys of one openId apart", async () => {
  await world.redis.client.rpush(javaPoolKey("oA"), ...bytes([valid]));
  await world.redis.push("oA", valid, valid);
  const count = async (...flags: string[]) =>
    (await world.cli(["pool", "list", "--json", ...flags])).json<{ valid: number }>().valid;
  expect([await count(), await count("--pool-keys", "java")]).toEqual([2, 1]);
});

it("hints at serialized keys when there is no pool", async () => {
  await world.redis.client.rpush(javaPoolKey("oA"), ...bytes([valid]));
  for (const argv of [
    ["pool", "list"],
    ["pool", "show", "oA"],
    ["broadcast", "t", "--yes", "--no-keywords"],
  ]) {
    const { code, stderr } = await world.cli(argv);
    expect([code, stderr]).toEqual([3, expect.stringContaining("--pool-keys java")]);
  }
});

it.each(["Java", ""])("refuses '%s' for a form of keys", async (form) => {
  const { code, stderr } = await world.cli(["pool", "list", "--pool-keys", form]);
  expect(code).toBe(2);
  expect(stderr).toContain(`--pool-keys: "${form}"`);
});
