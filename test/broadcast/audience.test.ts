import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { runOnScreen } from "../commands/world.ts";
import { cliEnv } from "../helpers/cli.ts";
import {
  broadcast,
  checkBooks,
  dumpAll,
  giveUsers,
  ledgers,
  outcomes,
  TEMPLATE,
  useFolder,
  useWorld,
} from "./world.ts";

const world = useWorld();
const dir = useFolder();

function fileOf(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

/** Who got a message. */
const reached = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();

test("without a list, everybody who has a pool", async () => {
  const openIds = await giveUsers(world, 2500);
  const result = await broadcast(world);
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, 2500);
  expect(document).toMatchObject({ recipients: 2500, outcomes: outcomes({ sent: 2500 }), errors: [] });
  expect(reached()).toEqual([...openIds].sort());
});

test("--to: these users, each once, and who has no pool has no code", async () => {
  await giveUsers(world, 5, { codes: 2 });
  const result = await broadcast(world, ["--to", "u1", "u3", "u1", "nobody"]);
  expect(result.code).toBe(0);
  const document = await checkBooks(world, result, 10);
  expect(document).toMatchObject({ recipients: 3, outcomes: outcomes({ sent: 2, no_code: 1 }) });
  expect(reached()).toEqual(["u1", "u3"]);
});

test("--to: with commas, as keys, and from stdin", async () => {
  await giveUsers(world, 8);
  const words = ["u1,u2", "mina:openid:u3", "{mina:openid:u4}:sends", "-", "u1"];
  const result = await broadcast(world, ["--to", ...words], { stdin: "u5\nu2\n" });
  expect(result.code, result.stderr).toBe(0);
  expect(result.json<BroadcastResult>()).toMatchObject({ recipients: 5, outcomes: outcomes({ sent: 5 }) });
  expect(reached()).toEqual(["u1", "u2", "u3", "u4", "u5"]);
});

test.each([
  ["--to", "-"],
  ["--to", "u1,-"],
  ["--to-file", "-"],
])("%s %s needs --yes, also on a terminal", async (...argv) => {
  await giveUsers(world, 2);
  const env = cliEnv(world.redis.url, world.sandbox.url);
  const told = await runOnScreen(["broadcast", TEMPLATE, ...argv], env, { stdin: "y\n", interactive: true });
  expect(told).toMatchObject({ code: 11, stdout: "" });
  expect(told.stderr).toMatch(/^error: .*there is no terminal\nhint: .*--yes.*--dry-run\n$/);
  const dry = await runOnScreen(["broadcast", TEMPLATE, ...argv, "--dry-run"], env, { stdin: "u1\n" });
  expect(dry.code).toBe(0);
  expect(world.sandbox.stats().requests).toBe(0);
});

test("--to - without anybody in it is nothing to do", async () => {
  await giveUsers(world, 1);
  const result = await broadcast(world, ["--to", "-"], { stdin: "\n" });
  expect(result).toMatchObject({ code: 3, stdout: "" });
  expect(JSON.parse(result.stderr).error.message).toBe("no openId in stdin");
});

describe("--to-file", () => {
  test.each([
    ["plain lines", "list.txt", "u1\n\n  u3  \r\nu1\nu4"],
    [
      "CSV with a header",
      "list.csv",
      'name,OpenID,city\nAda,u1,"Paris, France"\n"B",u3,\nC,"u4",x\nAda,u1,\n',
    ],
    ["CSV without a header", "bare.csv", "u1,Ada\nu3,Bob\nu4,Cy\n"],
    [
      "NDJSON",
      "list.ndjson",
      '{"openId":"u1"}\n{"open_id":"u3","x":1}\n\n{"touser":"u4"}\n{"openId":"u1"}\n',
    ],
    ["lines behind a byte order mark", "bom.txt", "\ufeffu1\nu3\nu4\n"],
    ["rows of pool list", "rows.tsv", "u1\t2\t0\t0\t2026-11-29T10:00:00.000Z\t\nu3\t1\nu4\t0\t0\t0\t\t\n"],
    ["keys of pools and ledgers", "keys.txt", "mina:openid:u1\n{mina:openid:u3}:sends\nu4\nu1\n"],
  ])("takes %s", async (_, name, text) => {
    await giveUsers(world, 6, { codes: 2 });
    const result = await broadcast(world, ["--to-file", fileOf(name, text)]);
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 12);
    expect(document).toMatchObject({ recipients: 3, outcomes: outcomes({ sent: 3 }) });
    expect(reached()).toEqual(["u1", "u3", "u4"]);
  });

  test("takes stdin", async () => {
    await giveUsers(world, 3);
    const result = await broadcast(world, ["--to-file", "-"], { stdin: "u0\nu2\n" });
    expect(result.code, result.stderr).toBe(0);
    expect(reached()).toEqual(["u0", "u2"]);
  });

  test("takes more users than one page of anything", async () => {
    const openIds = await giveUsers(world, 2300);
    const stdin = [...openIds, ...openIds.slice(0, 500), "stranger"].join("\n");
    const result = await broadcast(world, ["--to-file", "-"], { stdin });
    expect(result.code, result.stderr).toBe(0);
    expect((await checkBooks(world, result, 2300)).outcomes).toEqual(outcomes({ sent: 2300, no_code: 1 }));
  });

  test.each([
    ["a space in it", "u1\nu 2\nu3\n", "line 2", "'u 2' is not an openId"],
    ["braces in it", "u1\n\n\nu{2}\n", "line 4", "'u{2}' is not an openId"],
    ["no such column", '{"openId":"u1"}\n{"name":"x"}\n', "line 2", "no openId"],
    ["broken JSON", '{"openId":"u1"}\n{"openId":\n', "line 2", "not JSON"],
    ["a number in its place", '{"openId":"u1"}\n{"openId":7}\n', "line 2", "'7' is not an openId"],
  ])("refuses a line with %s by its number, and sends nothing", async (_, text, line, why) => {
    await giveUsers(world, 4);
    const before = await dumpAll(world);
    const path = fileOf("bad.txt", text);
    const result = await broadcast(world, ["--to-file", path]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    const { error } = JSON.parse(result.stderr);
    expect(error).toMatchObject({ code: "usage", message: `${path}, ${line}: ${why}` });
    expect(error.hint).toContain("nothing was sent");
    expect(world.sandbox.stats().requests).toBe(0);
    expect(await dumpAll(world)).toEqual(before);
  });

  test.each([
    ["that is empty", ""],
    ["of blank lines", "\n \n\r\n"],
    ["with a header only", "openId,name\n"],
  ])("a file %s is nothing to do", async (_, text) => {
    await giveUsers(world, 1);
    const result = await broadcast(world, ["--to-file", fileOf("empty.txt", text)]);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    expect(JSON.parse(result.stderr).error).toMatchObject({
      code: "nothing",
      hint: expect.stringContaining("openId"),
    });
  });

  test("that is not there is a usage error with its name", async () => {
    const result = await broadcast(world, ["--to-file", join(dir, "absent.txt")]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("absent.txt");
  });

  test("and --to can't be used together", async () => {
    const result = await broadcast(world, ["--to", "u1", "--to-file", "-"], { stdin: "u2\n" });
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stderr).error.message).toContain("--to-file");
  });
});

test.each(["a b", "{tag}", "x".repeat(129), "u1,", "u1,,u2"])("--to '%s' is refused", async (openId) => {
  const result = await broadcast(world, ["--to", "u1", openId]);
  expect(result.code).toBe(2);
  const bad = openId.split(",").find((part) => !/^u\d$/.test(part));
  expect(JSON.parse(result.stderr).error.message).toBe(`--to '${bad}' is not an openId`);
  expect(world.sandbox.stats().requests).toBe(0);
});

test.each([1, 7, 40])("--limit %i takes that many codes off pools", async (limit) => {
  await giveUsers(world, 30);
  for (let i = 0; i < 10; i++) await world.redis.push(`empty${i}`, "not a code");
  const result = await broadcast(world, ["--limit", String(limit), "--concurrency", "4"]);
  expect(result.code, result.stderr).toBe(0);
  const sent = Math.min(limit, 30);
  const document = await checkBooks(world, result, 30);
  expect(document).toMatchObject({ status: "finished", codes: { spent: sent } });
  expect(document.outcomes.sent).toBe(sent);
  expect(document.outcomes.no_code).toBeLessThanOrEqual(10);
  expect(world.sandbox.stats().delivered).toBe(sent);
});

test("no pool at all is nothing to do", async () => {
  await world.redis.client.set("mina:openid:stray", "a string, not a pool");
  const result = await broadcast(world);
  expect(result).toMatchObject({ code: 3, stdout: "" });
  const { error } = JSON.parse(result.stderr);
  expect(error.message).toContain("mina:openid:*");
  expect(error.hint).toBe("no list of codes found in this database; check --redis-url");
  expect(await ledgers(world)).toEqual(new Map());
});

test("a pool that is no list costs its user, not the broadcast", async () => {
  await giveUsers(world, 2);
  await world.redis.client.set("mina:openid:odd", "text");
  const result = await broadcast(world, ["--to", "u0", "odd", "u1"]);
  expect(result.code).toBe(0);
  const document = result.json<BroadcastResult>();
  expect(document.outcomes).toEqual(outcomes({ sent: 2, no_code: 1 }));
  expect(document.errors).toEqual([{ errcode: null, errmsg: "the pool is a string, not a list", count: 1 }]);
});

test("another pool prefix is another audience", async () => {
  await giveUsers(world, 2);
  await world.redis.client.rename("mina:openid:u1", "app2:{pool}:u1");
  const result = await broadcast(world, ["--pool-prefix", "app2:{pool}:"]);
  expect(result.code, result.stderr).toBe(0);
  expect(reached()).toEqual(["u1"]);
  expect(await world.redis.client.exists("app2:{pool}:u1:sends")).toBe(1);
});
