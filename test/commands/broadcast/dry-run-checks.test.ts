import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { broadcast, dumpAll, giveUsers, setFaults, useFolder, useWorld } from "../../broadcast/world.ts";
import { cliEnv, runCli } from "../../helpers/cli.ts";
import { errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld();
const dir = useFolder();
/** A dry run and the real one, which have to be refused alike. */
const WAYS = [["--dry-run"], ["--yes", "--no-keywords"], ["--dry-run", "--yes", "--no-keywords"]];
const send = (args: string[], env: Record<string, string> = {}) =>
  inPipe(world, ["order-shipped", "--json", ...args], env);

beforeEach(async () => {
  await giveUsers(world, 4, { codes: 2 });
});

test("a broadcast whose id is dry-run hides nobody from the counts of others", async () => {
  await broadcast(world, ["--id", "dry-run"]);
  const result = await send(["--dry-run", "--no-keywords"]);
  expect(result.code, result.stderr).toBe(0);
  expect(JSON.parse(result.stdout).outcomes).toMatchObject({ sent: 4, skipped: 0 });
});

describe.each(WAYS)("order-shipped %s %s %s", (...given) => {
  const way = given.filter((flag) => flag !== undefined);

  test("with an --id that is taken: exit 10 and the state of that broadcast", async () => {
    await broadcast(world, ["--id", "daily"]);
    const before = await dumpAll(world);
    const result = await send([...way, "--id", "daily"]);
    expect(result).toMatchObject({ code: 10, stdout: "" });
    expect(errorOf(result)).toMatchObject({
      code: "locked",
      message: expect.stringMatching(/'daily' already exists: started \d{4}-.*Z, finished, 4 sent$/),
      hint: expect.stringContaining("nothing was sent; run push-cli broadcast show daily"),
    });
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().delivered).toBe(4);
  });

  test("with an --id of one that can be resumed: how", async () => {
    setFaults(world, "withdrawn:100");
    await broadcast(world, ["--id", "daily"]);
    setFaults(world);
    const result = await send([...way, "--id", "daily"]);
    expect(result.code).toBe(10);
    expect(errorOf(result).message).toContain("stopped");
    expect(errorOf(result).hint).toContain("push-cli broadcast resume daily");
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  test.each(["a b", "-x", "../x", "x".repeat(65)])(
    "with an --id that can't be one: exit 2 (%s)",
    async (id) => {
      expect((await send([...way, `--id=${id}`])).code).toBe(2);
    },
  );

  test("with a report that can't be written: exit 2", async () => {
    const folder = join(dir, "folder");
    mkdirSync(folder, { recursive: true });
    const foreign = join(dir, "foreign.txt");
    writeFileSync(foreign, "not a report");
    const before = await dumpAll(world);
    for (const [path, why] of [
      [join(dir, "nosuch/x"), "its folder does not exist"],
      [folder, "is a directory"],
      [foreign, "its last line is not a report line"],
      ["/proc/x", "cannot open the report"],
      ["", "'' is not a file"],
    ] as const) {
      const result = await send([...way, "--report", path]);
      expect(result, path).toMatchObject({ code: 2, stdout: "" });
      expect(errorOf(result).message).toContain(why);
    }
    expect(readFileSync(foreign, "utf8")).toBe("not a report");
    expect(existsSync("-")).toBe(false);
    expect(await dumpAll(world)).toEqual(before);
  });

  test.each(["PUSH_CLI_APPID", "PUSH_CLI_APPSECRET"])("without %s: exit 4", async (name) => {
    const before = await dumpAll(world);
    const env = cliEnv(world.redis.url, world.sandbox.url);
    delete env[name];
    const result = await runCli(["broadcast", "order-shipped", "--json", ...way], { env });
    expect(result).toMatchObject({ code: 4, stdout: "" });
    expect(errorOf(result).hint).toContain(name);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("without a pool: exit 3", async () => {
    await world.redis.client.flushall();
    expect((await send(way)).code).toBe(3);
  });

  test.each([
    ["--to", "no openId"],
    ["--to-file", "/nonexistent/list.csv"],
    ["--limit", "0"],
    ["--rate", "fast"],
    ["--concurrency", "0"],
    ["--max-errors", "some"],
    ["--timeout", "1ms"],
    ["--page", "/pages/a"],
    ["--emphasis", "3"],
    ["--keywords", 'a,"b'],
  ])("with %s '%s': exit 2", async (flag, value) => {
    const before = await dumpAll(world);
    const result = await send([
      ...way.filter((one) => one !== "--no-keywords"),
      "--keywords",
      "a",
      flag,
      value,
    ]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().requests).toBe(0);
  });
});

describe("a dry run leaves the report alone", () => {
  test("that is not there yet", async () => {
    const empty = join(dir, "empty");
    mkdirSync(empty);
    const result = await send(["--dry-run", "--report", join(empty, "sent.ndjson")]);
    expect(result.code, result.stderr).toBe(0);
    expect(readdirSync(empty)).toEqual([]);
  });

  test("that is there, torn or not", async () => {
    const path = join(dir, "there.ndjson");
    for (const text of ["", '{"openId":"a"}\n', '{"openId":"a"}\n{"openId":"b', '{"openId":"a"}']) {
      writeFileSync(path, text);
      const result = await send(["--dry-run", "--report", path]);
      expect(result.code, result.stderr).toBe(0);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });
});

describe("resume --dry-run", () => {
  beforeEach(async () => {
    setFaults(world, "withdrawn:100");
    await broadcast(world, ["--id", "b-1"]);
    setFaults(world);
  });

  test.each([["--dry-run"], ["--yes"]])("and resume %s are refused alike", async (way) => {
    const before = await dumpAll(world);
    const resume = (args: string[], env: Record<string, string> = {}) =>
      inPipe(world, ["resume", "b-1", "--json", way, ...args], env);
    expect((await resume(["--report="])).code).toBe(2);
    expect((await resume(["--report", join(dir, "nosuch/x")])).code).toBe(2);
    expect((await resume(["--limit", "x"])).code).toBe(2);
    expect((await resume([], { PUSH_CLI_APPID: "" })).code).toBe(4);
    expect((await resume([], { PUSH_CLI_APPID: "wx-other" })).code).toBe(5);
    expect((await inPipe(world, ["resume", "b-2", way])).code).toBe(3);
    expect(await dumpAll(world)).toEqual(before);
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  test("leaves no report behind", async () => {
    const empty = join(dir, "empty-2");
    mkdirSync(empty);
    const path = join(empty, "sent.ndjson");
    expect((await inPipe(world, ["resume", "b-1", "--dry-run", "--report", path])).code).toBe(0);
    expect(readdirSync(empty)).toEqual([]);
  });
});
