import { beforeEach, expect, it } from "vitest";
import { javaPoolKey, plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const LATER = Math.floor(Date.now() / 1000) * 1000 + 50 * HOUR_MS;
const AT = new Date(LATER).toISOString();

beforeEach(async () => {
  await world.redis.push("oA", plainEntry("a1", LATER));
  await world.redis.push("oB", plainEntry("b1", LATER), plainEntry("b2", LATER));
});

const show = (words: string[], stdin = "") => world.cli(["pool", "show", ...words], { stdin });
const idsOf = async (words: string[], stdin = "") => {
  const result = await show([...words, "--json"], stdin);
  expect([result.code, result.stderr]).toEqual([0, ""]);
  return result.lines<{ openId: string }>().map(({ openId }) => openId);
};

it("is one document for one user, and a line each for several", async () => {
  expect((await show(["oA", "--json"])).stdout).toMatch(/^\{\n {2}"openId": "oA",\n/);
  expect((await show(["oA", "oA,mina:openid:oA", "--json"])).stdout).toMatch(/^\{\n {2}"openId": "oA",\n/);
  const lines = (await show(["oA", "oB", "--json"])).lines<Record<string, unknown>>();
  expect(lines).toMatchObject([
    { openId: "oA", key: "mina:openid:oA", valid: 1, codes: [{ formId: "a1" }], broadcasts: [] },
    { openId: "oB", key: "mina:openid:oB", valid: 2, codes: [{ formId: "b1" }, { formId: "b2" }] },
  ]);
});

it.each<[string, string[], string?]>([
  ["words", ["oB", "oA"]],
  ["commas", ["oB,oA", "oB"]],
  ["keys of pools", ["mina:openid:oB,mina:openid:oA"]],
  ["keys of ledgers", ["{mina:openid:oB}:sends", "{mina:openid:oA}:sends"]],
  ["lines on stdin", ["-"], "oB\noA\n\noB\n"],
  ["CSV on stdin", ["-"], "name,openId\nBob,oB\nAda,oA\n"],
  ["NDJSON on stdin", ["-"], '{"openId":"oB"}\n{"openId":"mina:openid:oA"}\n'],
  ["words and stdin", ["oB", "-"], "oA\n"],
  ["rows of pool list on stdin", ["-"], `oB\t2\t0\t0\t${AT}\t${AT}\noA\t1\t0\t0\t${AT}\t${AT}\n`],
])("takes %s, in their order and each once", async (_, words, stdin) => {
  expect(await idsOf(words, stdin)).toEqual(["oB", "oA"]);
});

it("takes what pool list prints, whatever it prints", async () => {
  for (const flags of [[], ["--json"]]) {
    const { stdout } = await world.cli(["pool", "list", "--sort", "valid", ...flags]);
    expect(await idsOf(["-"], stdout)).toEqual(["oB", "oA"]);
  }
});

it("prints a line for a list on stdin, however short that is", async () => {
  expect((await show(["-", "--json"], "oA\n")).stdout).toMatch(/^\{"openId":"oA",.*\}\n$/);
});

it("is one table below the other on a terminal, a line between", async () => {
  await world.redis.push("oLast", plainEntry("z", LATER));
  expect(
    (await world.cli(["broadcast", "tmpl", "--yes", "--no-keywords", "--id", "b1", "--to", "oLast"])).code,
  ).toBe(0);
  const { code, stdout } = await world.screen(["pool", "show", "oNobody", "oA", "oLast", "oB"]);
  expect(code).toBe(0);
  const [first = "", second = "", third = ""] = stdout.split(/\n\n(?=mina:)/);
  expect(first).toMatch(/^mina:openid:oA\n1 valid, .*\nstate +formId/);
  expect(second).toMatch(/^mina:openid:oLast\nno pool: its last code was claimed\n\nbroadcast/);
  expect(third).toMatch(/^mina:openid:oB\n2 valid, .*\nstate +formId/);
});

it("says in each row of a pipe whose it is", async () => {
  expect(
    (await world.cli(["broadcast", "tmpl", "--yes", "--no-keywords", "--id", "b1", "--to", "oB"])).code,
  ).toBe(0);
  const { stdout } = await show(["oA", "oB"]);
  const rows = stdout.split("\n").map((row) => row.split("\t"));
  expect(rows.map((row) => row.slice(0, 3))).toEqual([
    ["oA", "valid", "a1"],
    ["oB", "valid", "b2"],
    ["oB", "broadcast", "b1"],
    [""],
  ]);
  expect((await show(["oA"])).stdout).toBe(`valid\ta1\t${AT}\t1\t\t\t\t\t\n`);
});

it("shows the others where one has no pool, and tells of that one", async () => {
  const { code, stdout, stderr } = await show(["oX", "oA", "oY"]);
  expect([code, stderr]).toEqual([0, "no pool 'mina:openid:oX'\nno pool 'mina:openid:oY'\n"]);
  expect(stdout).toBe(`oA\tvalid\ta1\t${AT}\t1\t\t\t\t\t\n`);
  expect(await show(["oX", "oA", "--quiet"])).toMatchObject({ code: 0, stderr: "" });
  expect(await show(["oX", "oY"])).toMatchObject({
    code: 3,
    stdout: "",
    stderr: "error: no pool 'mina:openid:oX' and 1 more\nhint: to list the pools: push-cli pool list\n",
  });
});

it("shows nothing when one of them is no openId", async () => {
  const { code, stdout, stderr } = await show(["-"], "oA\no B\n");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toBe("error: stdin, line 2: 'o B' is not an openId\nhint: fix the line and run again\n");
});

it("takes serialized keys as redis-cli shows them", async () => {
  await world.redis.client.rpush(javaPoolKey("oJ"), plainEntry("j1", LATER));
  const key = "\\xac\\xed\\x00\\x05t\\x00\\x0emina:openid:oJ";
  expect(
    await idsOf([`${key},${key}`, "mina:openid:oJ", "oJ", "-", "--pool-keys", "java"], `${key}\n`),
  ).toEqual(["oJ"]);
});
