import { beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../helpers/cli.ts";
import { useWorld } from "./world.ts";

const world = useWorld();

beforeEach(async () => {
  for (const openId of ["oA", "oB"])
    await world.redis.client.rpush(
      `mina:openid:${openId}`,
      JSON.stringify({ formId: `f-${openId}`, expire: 4e12 }),
    );
});

describe("--json=<fields>", () => {
  it("cuts the lines of a list down to them", async () => {
    const { code, stdout, stderr } = await world.cli(["pool", "list", "--json=valid,openId"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.trim().split("\n").sort()).toEqual([
      '{"valid":1,"openId":"oA"}',
      '{"valid":1,"openId":"oB"}',
    ]);
  });

  it("cuts a document down to them, wherever it stands on the line", async () => {
    for (const argv of [
      ["--json=pools,codes.valid", "pool", "stats"],
      ["pool", "stats", "--json=pools", "--json=codes.valid"],
    ])
      expect((await world.cli(argv)).json()).toEqual({ pools: 2, codes: { valid: 2 } });
  });

  it("does not take the next word for them", async () => {
    const { stdout } = await world.cli(["--json", "pool", "show", "oA"]);
    expect(JSON.parse(stdout)).toMatchObject({ openId: "oA", valid: 1 });
  });

  it("leaves words alone that stand behind --, or are an option's value", async () => {
    const behind = await world.cli(["pool", "show", "--", "--json=openId"]);
    expect(behind.stderr).toContain("--json=openId");
    expect(behind.stdout).toBe("");
    const dry = await world.cli(["broadcast", "t", "--keywords=--json=x", "--dry-run", "--json=sample.data"]);
    expect(dry.json()).toEqual({ sample: { data: { keyword1: { value: "--json=x" } } } });
  });

  it("refuses a field that is not there, before anything is done, and lists those there are", async () => {
    const argv = ["broadcast", "t", "--no-keywords", "-y", "--json=outcomes.send"];
    const { code, stdout, stderr } = await world.cli(argv);
    expect([code, stdout]).toEqual([2, ""]);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ code: "usage", message: "--json: unknown field 'outcomes.send'" });
    expect(error.hint).toMatch(
      /^did you mean outcomes\.sent\? valid fields: outcomes\.sent, outcomes\.no_code, /,
    );
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  it.each(["--json=", "--json=a,,b", "--json=a.", "--json=.a"])(
    "refuses %s, where a name is missing",
    async (word) => {
      const { code, stderr } = await world.cli(["pool", "list", word]);
      expect(code).toBe(2);
      expect(JSON.parse(stderr).error.message).toContain("empty field name");
    },
  );

  it("lists the fields of the level that is wrong, and says where there are none", async () => {
    const hint = async (word: string) =>
      JSON.parse((await world.cli(["pool", "list", word])).stderr).error.hint;
    expect(await hint("--json=nothingLikeIt")).toMatch(/^valid fields: openId, valid, .*, templateId, /);
    expect(await hint("--json=openId.length")).toBe("openId has no fields");
  });
});

describe("--jq", () => {
  it("filters each line of a list, and prints texts as they are", async () => {
    const { code, stdout, stderr } = await world.cli(["pool", "list", "--jq", ".openId"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.trim().split("\n").sort()).toEqual(["oA", "oB"]);
  });

  it("filters a document", async () => {
    expect((await world.cli(["pool", "stats", "--jq", ".codes | .valid, .expired"])).stdout).toBe("2\n0\n");
  });

  it("gets the fields that --json names", async () => {
    const { stdout } = await world.cli(["pool", "show", "oA", "--json=openId,codes.formId", "--jq", "."]);
    expect(stdout).toBe('{"openId":"oA","codes":[{"formId":"f-oA"}]}\n');
  });

  it("takes only what jq understands, before anything is done", async () => {
    const argv = ["broadcast", "t", "--no-keywords", "-y", "--jq", ".outcomes |"];
    const { code, stdout, stderr } = await world.cli(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "usage",
      details: ["    .outcomes |", expect.stringContaining("^")],
    });
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  it("that fails on a line ends a list with exit code 2", async () => {
    const { code, stdout, stderr } = await world.cli(["pool", "list", "--jq", ".openId.a"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(JSON.parse(stderr).error.message).toBe(`--jq '.openId.a': Cannot index string with string ("a")`);
  });

  it("that fails at the end of a broadcast says so, and how that went stays the exit code", async () => {
    const failing = ["--no-keywords", "-y", "--jq", ".status.a"];
    const well = await world.cli(["broadcast", "t", ...failing]);
    expect(well.code).toBe(2);
    expect(well.stderr).toContain("Cannot index string");
    expect(world.sandbox.stats().delivered).toBe(2);
    const stopped = await world.cli(["broadcast", "resume", "nosuch", ...failing.slice(1)]);
    expect(stopped.code).toBe(3);
  });

  it("needs an expression", async () => {
    expect((await runCli(["channels", "--jq"])).code).toBe(2);
    expect((await runCli(["channels", "--jq", ""])).code).toBe(2);
  });
});
