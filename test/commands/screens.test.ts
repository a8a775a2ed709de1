import { expect, it } from "vitest";
import { displayWidth } from "../../src/output/width.ts";
import { plainEntry } from "../helpers/redis.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
// As long as the real ones are.
const OPEN_ID = "oABCD0001efghijklmnopqrstuvw";
const TEMPLATE = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const LATER = Date.now() + 160 * HOUR_MS;

it("a list of broadcasts keeps ids, times and counts, whatever the template is called", async () => {
  for (const id of ["20261123-203132-9gya", "20261124-203132-9gyb"]) {
    await world.redis.push(OPEN_ID, plainEntry(`code-${id}`, LATER));
    expect((await world.screen(["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", id])).code).toBe(0);
  }
  const { stdout } = await world.screen(["broadcast", "list"]);
  expect(stdout).toMatch(/\n20261124-203132-9gyb +\d+(\.\d)? m?s {2}finished {2}0123456789\S*… +1 +0 +0\n/);
});

it("everything that a terminal of 80 columns shows fits into it", async () => {
  await world.redis.push(
    OPEN_ID,
    plainEntry("0123456789abcdef0123456789abcdef", LATER),
    plainEntry("old", 1_568_000_000_000),
  );
  await world.redis.push(OPEN_ID, Buffer.from("汉字".repeat(50)).toString("latin1"));
  const commands = [
    ["pool", "show", OPEN_ID],
    ["pool", "list"],
    ["pool", "list", "--sort", "valid"],
    ["pool", "stats"],
    ["pool", "remove", OPEN_ID, "--dry-run"],
    ["purge", "--dry-run"],
    ["token", "refresh"],
    ["token", "show"],
    ["broadcast", TEMPLATE, "--keywords", "one,two", "--page", "pages/index", "--dry-run"],
    ["broadcast", TEMPLATE, "--yes", "--no-keywords"],
    ["broadcast", "list"],
    ["broadcast", "show", "--exact", "b1"],
    ["pool", "show", OPEN_ID],
    ["purge"],
  ];
  expect(
    (await world.screen(["broadcast", TEMPLATE, "--to", "nobody", "--yes", "--no-keywords", "--id", "b1"]))
      .code,
  ).toBe(3);
  for (const argv of commands) {
    const { code, stdout, stderr } = await world.screen(argv);
    // A live line starts again in its first column for every frame.
    const wide = `${stdout}${stderr}`.split(/\n|\x1b\[1G/).filter((line) => displayWidth(line) > 80);
    expect({ argv, code, wide }).toEqual({ argv, code: 0, wide: [] });
  }
});
