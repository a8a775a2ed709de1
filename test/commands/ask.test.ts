import { beforeEach, describe, expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
const ASKING = [
  ["broadcast", "order-shipped", "--keywords", "a,b"],
  ["pool", "remove", "oAlice", "oBob"],
];
const LISTED = ["broadcast", "order-shipped", "--keywords", "a,b", "--to-file", "-"];
const NOTHING_DONE = async () => {
  expect(world.sandbox.stats().requests).toBe(0);
  expect(Object.keys(await world.redis.pools())).toHaveLength(2);
};

beforeEach(async () => {
  for (const openId of ["oAlice", "oBob"])
    await world.redis.push(openId, plainEntry(`form-of-${openId}`, Date.now() + HOUR_MS));
});

describe.each(ASKING)("%s %s ...", (...command) => {
  it.each([
    ["-y after the verb", [...command, "-y"]],
    ["--yes after the verb", [...command, "--yes"]],
    ["-y before the noun", ["-y", ...command]],
    ["-y with -q", [...command, "-yq"]],
    ["--yes, which --no-input does not undo", ["--no-input", ...command, "--yes"]],
  ])("is done without a question with %s", async (_, argv) => {
    const { code, stderr } = await world.cli(argv);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain("[y/N]");
    expect(await world.redis.pools()).toEqual({});
  });

  it("asks at a terminal", async () => {
    const { code, stderr } = await world.screen(command, { interactive: true, stdin: "y\n" });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("? [y/N] ");
    expect(await world.redis.pools()).toEqual({});
  });

  it("is refused at a terminal with --no-input, which is named", async () => {
    const options = { interactive: true, stdin: "y\n", typed: "y\n" };
    for (const argv of [
      [...command, "--no-input"],
      ["--no-input", ...command],
    ]) {
      const { code, stderr } = await world.screen(argv, options);
      expect(code).toBe(11);
      expect(stderr).toMatch(/^error: .* needs confirmation, but --no-input is set\nhint: use --yes/);
    }
    await NOTHING_DONE();
  });

  it("is refused to a pipe, whatever comes through it", async () => {
    const { code, stderr } = await world.screen(command, { stdin: "y\n", typed: "y\n" });
    expect(code).toBe(11);
    expect(stderr).toMatch(/^error: .* needs confirmation, but there is no terminal\nhint: use --yes/);
    await NOTHING_DONE();
  });
});

describe("broadcast --to-file -", () => {
  it("asks on the controlling terminal", async () => {
    const { code, stderr } = await world.screen(LISTED, { stdin: "oAlice\noBob\n", typed: "y\n" });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Send to 2 users? [y/N] ");
    expect(world.sandbox.stats().delivered).toBe(2);
  });

  it("does not take the list for the answer", async () => {
    for (const stdin of ["oAlice\ny\n", "y\noAlice\n"]) {
      expect((await world.screen(LISTED, { stdin, typed: "n\n" })).code).toBe(11);
    }
    await NOTHING_DONE();
  });

  it("is refused where there is no such terminal, before the list is read", async () => {
    const { code, stderr } = await world.screen(LISTED, { stdin: "no openId\n" });
    expect(code).toBe(11);
    expect(stderr).toContain("there is no terminal");
    await NOTHING_DONE();
  });
});

it("help of what asks says that --yes skips the question", async () => {
  for (const [noun = "", verb = ""] of ASKING) {
    const { stdout } = await world.cli([noun, ...(noun === "pool" ? [verb] : []), "--help"]);
    expect(stdout).toMatch(/--yes\s+skips\s+the\s+question/);
  }
});
