import { describe, expect, it } from "vitest";
import { TEMPLATES } from "../../sandbox/api.ts";
import { useWorld } from "../world.ts";

const world = useWorld();
const template = (...argv: string[]) => world.cli(["template", ...argv, "--channel", "wechat-subscribe"]);

describe("template list", () => {
  it("lists what the account has, a line each in a pipe", async () => {
    const { code, stdout } = await template("list");
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split("\n");
    expect(rows).toHaveLength(6);
    expect(rows[0]).toBe(`${TEMPLATES.activity}\tone-time\t活动提醒\tthing1 time2 thing3`);
    expect(rows[3]).toContain("\tlong-term\t公交到站提醒\t");
  });

  it("is one document with --json", async () => {
    const { templates } = (await template("list", "--json")).json<{ templates: object[] }>();
    expect(templates[2]).toMatchObject({
      title: "排队进度提醒",
      kind: "one-time",
      fields: [
        { name: "phrase1", label: "排队状态", example: "即将到号", takes: "Hanzi, at most 5 characters" },
        { name: "number2" },
        { name: "enum_string3", values: ["小桌", "中桌", "大桌"] },
      ],
    });
  });

  it("asks the platform each time", async () => {
    await template("list");
    world.sandbox.setTemplates([]);
    expect((await template("list", "--json")).json()).toEqual({ templates: [] });
  });

  it("goes on with the list of before when the platform won't give it, and says so", async () => {
    await template("list");
    world.sandbox.setDayLimits({ getTemplate: 0 });
    const { code, stdout, stderr } = await template("list");
    expect([code, stdout.split("\n").length]).toEqual([0, 7]);
    expect(stderr).toContain("errcode 45009");
    expect(stderr).toContain("1 min old");
    await world.redis.client.del("mina:templates:wx-sandbox");
    const without = await template("list");
    expect(without.code).toBe(7);
    expect(without.stderr).toContain("errcode 45009");
  });

  it("is refused where the channel has no such list", async () => {
    const { code, stderr } = await world.cli(["template", "list"]);
    expect(code).toBe(2);
    expect(stderr).toContain("wechat-template has no list of templates");
  });
});

describe("template show", () => {
  it("shows the fields, what they take, and a command line with the examples", async () => {
    const { code, stdout } = await world.screen([
      "template",
      "show",
      TEMPLATES.activity,
      "--channel",
      "wechat-subscribe",
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("活动提醒 (one-time)");
    expect(stdout).toMatch(/thing1 +活动名称 +text, at most 20 characters/);
    expect(stdout).toContain(
      `push-cli broadcast --channel wechat-subscribe --keywords '奶茶买一送一,2026年11月27日 10:00,人民广场店' --dry-run -- ${TEMPLATES.activity}`,
    );
  });

  it("is a row a field in a pipe, and the template with --json", async () => {
    const { stdout } = await template("show", TEMPLATES.activity);
    expect(stdout.split("\n")[0]).toBe("thing1\t活动名称\t奶茶买一送一\ttext, at most 20 characters");
    const shown = (await template("show", TEMPLATES.activity, "--json")).json<object>();
    expect(shown).toMatchObject({
      id: TEMPLATES.activity,
      kind: "one-time",
      sample: expect.stringContaining("--keywords"),
    });
  });

  it("writes values with commas, quotes and apostrophes so that they come through", async () => {
    const content = "一:{{thing1.DATA}}\n二:{{thing2.DATA}}\n";
    const example = `一:a,"b"\n二:it's\n`;
    world.sandbox.setTemplates([{ priTmplId: "T1", title: "x", content, example, type: 2 }]);
    const { sample } = (await template("show", "T1", "--json")).json<{ sample: string }>();
    expect(sample).toContain(`--keywords '"a,""b""",it'\\''s'`);
  });

  it("names the nearest when there is none of that id", async () => {
    const { code, stderr } = await template("show", `${TEMPLATES.activity.slice(0, -1)}x`);
    expect(code).toBe(3);
    expect(stderr).toContain(`did you mean ${TEMPLATES.activity}?`);
  });
});
