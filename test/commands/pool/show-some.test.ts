import { describe, expect, it } from "vitest";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const later = Date.now() + 50 * HOUR_MS;

interface Shown {
  codes: { formId?: string }[];
  notShown?: number;
}

describe("pool show of some of the codes", () => {
  const plain = (formId: string, expire = later) => JSON.stringify({ formId, expire });
  const fill = () =>
    world.redis.push(
      "oA",
      plain("old", 1_568_000_000_000),
      plain("a"),
      "junk",
      `[${plain("b")},${plain("c")}]`,
      plain("d"),
      "more junk",
    );
  const counts = { valid: 4, expired: 1, invalid: 0, unreadable: 2 };

  it.each([
    [["--limit", "3"], ["old", "a", undefined], 4],
    [["--limit", "4"], ["old", "a", undefined, "b"], 3],
    [["--limit", "7"], ["old", "a", undefined, "b", "c", "d", undefined], undefined],
    [["--state", "valid"], ["a", "b", "c", "d"], undefined],
    [["--state", "valid", "--limit", "2"], ["a", "b"], 2],
    [["--state", "expired"], ["old"], undefined],
    [["--state", "unreadable", "--limit", "1"], [undefined], 1],
    [["--state", "invalid"], [], undefined],
  ])("%j: counts the whole pool", async (flags, formIds, notShown) => {
    await fill();
    const shown = (await world.cli(["pool", "show", "oA", "--json", ...flags])).json<Shown>();
    expect(shown).toMatchObject(counts);
    expect(shown.codes.map(({ formId }) => formId)).toEqual(formIds);
    expect(shown.notShown).toBe(notShown);
    const { stdout } = await world.cli(["pool", "show", "oA", ...flags]);
    expect(stdout.split("\n").slice(0, -1)).toHaveLength(formIds.length);
  });

  it("says on a screen how many more there are", async () => {
    await fill();
    const { stdout, stderr } = await world.screen(["pool", "show", "oA", "--limit", "2"]);
    expect(stdout).toContain("\n4 valid, 1 expired, 0 invalid, 2 unreadable\n");
    expect(stdout).not.toContain("junk");
    expect(stderr).toContain("and 5 more; use --limit <n> to show more, or --state <state> to filter\n");
  });

  it("shows 1,000 on a screen, and more when asked", async () => {
    await world.redis.push("oA", ...Array.from({ length: 1200 }, (_, i) => plain(`f${i}.`)));
    const first = await world.screen(["pool", "show", "oA"]);
    expect(first.stdout).toContain("\n1,200 valid, ");
    expect(first.stdout).toContain(" f999.");
    expect(first.stdout).not.toContain(" f1000.");
    expect(first.stderr).toContain("and 200 more");
    const all = await world.screen(["pool", "show", "oA", "--limit", "1200"]);
    expect(all.stdout).toContain(" f1199.");
    expect(all.stderr).toBe("");
  });

  it.each([
    [["--limit", "0"], '--limit: "0" is out of range'],
    [["--state", "good"], "'good'"],
  ])("refuses %j", async (flags, message) => {
    const { code, stderr } = await world.cli(["pool", "show", "oA", ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("marks codes that claim to live longer than any code does", async () => {
    await world.redis.push("oA", plain("a"), plain("far", later + 9 * 24 * HOUR_MS));
    const shown = (await world.cli(["pool", "show", "oA", "--json"])).json<object>();
    expect(shown).toMatchObject({
      valid: 2,
      overlong: 1,
      codes: [{ formId: "a" }, { formId: "far", state: "valid", overlong: true }],
    });
    expect((shown as Shown).codes[0]).not.toHaveProperty("overlong");
    const rows = (await world.cli(["pool", "show", "oA"])).stdout.trimEnd().split("\n");
    expect(rows.map((row) => row.split("\t")[4])).toEqual(["", "overlong"]);
    const screen = (await world.screen(["pool", "show", "oA"])).stdout;
    expect(screen).toContain("\n2 valid (1 overlong), 0 expired, ");
    expect(screen).toMatch(/\nvalid +far +.*\(in 1\dd.*, overlong\)/);
  });
});
