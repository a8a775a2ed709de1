import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useFolder } from "../../broadcast/world.ts";
import { TEMPLATES } from "../../sandbox/api.ts";
import { useWorld } from "../world.ts";

const world = useWorld();
const dir = useFolder();
const VALUES = ["--keywords", "奶茶买一送一,2026-11-27 10:00,人民广场店"];
const args = (...more: string[]) => [
  "broadcast",
  TEMPLATES.activity,
  ...more,
  "--channel",
  "wechat-subscribe",
  "--to",
  "oAlice",
];
const dryRun = (...more: string[]) => world.cli(args(...more, "--dry-run"));

/** The exit code and what stderr says, in a line. */
async function refusal(...more: string[]) {
  const { code, stderr } = await dryRun(...more);
  return `${code} ${stderr.replace(/\s+/g, " ")}`;
}

describe("the look beforehand", () => {
  it("refuses a value that does not fit its field, with field, value, length and limit", async () => {
    const long = "字".repeat(27);
    expect(await refusal("--keywords", `${long},10:00,店`)).toContain(
      `2 error: thing1 '${long}' has 27 characters; at most 20 hint: --truncate cuts it to its limit`,
    );
    expect(await refusal("--keywords", "茶,ten,店")).toContain("2 error: time2 'ten'");
  });

  it("refuses a wrong number of values, and lists the fields", async () => {
    expect(await refusal("--keywords", "a,b")).toContain(
      "2 error: 2 values for the 3 fields of '活动提醒': thing1 (活动名称), time2 (活动时间), thing3 (活动地点)",
    );
    expect(await refusal()).toContain("2 error: 0 values for the 3 fields");
  });

  it("refuses a template that the account does not have", async () => {
    const { code, stderr } = await world.cli(["broadcast", "T9", ...args(...VALUES, "--dry-run").slice(2)]);
    expect(code).toBe(2);
    expect(stderr).toContain("the account has no template 'T9' (it has 6)");
  });

  it("refuses a value that an enum does not list", async () => {
    const { code, stderr } = await world.cli([
      "broadcast",
      TEMPLATES.queue,
      ...["--keywords", "即将到号,16,圆桌", "--dry-run", "--channel", "wechat-subscribe", "--to", "oAlice"],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("enum_string3 '圆桌' is none of the template's values");
    expect(stderr).toContain("it takes 小桌, 中桌, 大桌");
  });

  it("claims and sends nothing", async () => {
    await dryRun("--keywords", "茶,ten,店");
    const keys = await world.redis.client.keys("*");
    expect(keys.sort()).toEqual(["mina:access_token:wx-sandbox", "mina:templates:wx-sandbox"]);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 0, byErrcode: {} });
  });

  it("goes by the list of before when the platform won't give it, and says so", async () => {
    await dryRun(...VALUES);
    world.sandbox.setDayLimits({ getTemplate: 0 });
    const key = "mina:templates:wx-sandbox";
    const kept = JSON.parse((await world.redis.client.get(key)) ?? "");
    await world.redis.client.set(key, JSON.stringify({ ...kept, atMs: kept.atMs - 3_600_000 }));
    const { stderr } = await dryRun(...VALUES);
    expect(stderr).toContain(
      "warning: the platform does not give the account's template list: errcode 45009",
    );
    expect(stderr).toContain("60 min old");
  });

  it("can be left out: values are named then", async () => {
    expect(await refusal(...VALUES, "--no-preflight")).toContain("2 error: which fields");
    expect(await refusal("--no-preflight", "--field", "thing1=茶", "time2=ten")).toContain(
      "2 error: time2 'ten'",
    );
    world.sandbox.setDayLimits({ getTemplate: 0 });
    const { code } = await dryRun("--no-preflight", "--field", "thing1=茶", "time2=10:00");
    expect(code).toBe(3);
    expect((await dryRun("--field", "thing1=茶", "time2=10:00")).code).toBe(7);
  });
});

describe("the dry run", () => {
  it("shows the message as the user will see it, and the quota", async () => {
    const { stdout } = await world.screen(args(...VALUES, "--dry-run", "--miniprogram-state", "trial"));
    expect(stdout).toMatch(/title +活动提醒/);
    expect(stdout).toMatch(
      /活动名称 \(thing1\) +奶茶买一送一\n活动时间 \(time2\) +2026-11-27 10:00\n活动地点 \(thing3\) +人民广场店/,
    );
    expect(stdout).toMatch(/\nversion +trial\n/);
    expect(stdout).toMatch(/takes +starts at 50\/s and speeds up/);
    expect(stdout).toMatch(/quota +[\d,]+ messages left today/);
  });

  it("shows what --truncate makes of a value", async () => {
    const { stdout } = await world.screen(
      args("--keywords", `${"字".repeat(27)},10:00,店`, "--truncate", "--dry-run"),
    );
    expect(stdout).toContain(`${"字".repeat(17)}...\n`);
  });

  it("takes values by name in any order", async () => {
    const { stdout } = await world.screen([
      ...args("--dry-run", "--field", "thing3=店", "thing1=a=b", "time2=10:00"),
    ]);
    expect(stdout).toMatch(/\(thing1\) +a=b\n.*\(time2\) +10:00\n.*\(thing3\) +店/);
  });
});

describe("values of a file", () => {
  const sendRows = async (rows: string, ...more: string[]) => {
    const path = join(dir, `${Math.random()}.csv`);
    writeFileSync(path, `openId,what\n${rows}`);
    const openIds = rows.split("\n").map((row) => row.split(",")[0]!);
    world.sandbox.registerConsents(
      openIds.map((openId) => ({ openId, templateId: TEMPLATES.activity, count: 1 })),
    );
    const flags = ["--keywords", "{{what}},10:00,店", "--no-pool", "--to-file", path, "--yes", "--json"];
    return world.cli(["broadcast", TEMPLATES.activity, "--channel", "wechat-subscribe", ...flags, ...more]);
  };

  it("reach their recipients, cut to the field's limit with --truncate", async () => {
    const { code, stderr } = await sendRows(`oA,${"字".repeat(27)}`, "--truncate");
    expect(code, stderr).toBe(0);
    expect(world.sandbox.stats().subscribe.lastMessage).toMatchObject({
      touser: "oA",
      data: { thing1: { value: `${"字".repeat(17)}...` }, time2: { value: "10:00" } },
    });
  });

  it("are refused with their line before anything is sent, or left out", async () => {
    const rows = `oA,${"字".repeat(27)}\noB,茶`;
    const refused = await sendRows(rows);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("line 2: thing1");
    const { code, stdout } = await sendRows(rows, "--skip-bad-rows");
    expect(code).toBe(8);
    expect(JSON.parse(stdout).outcomes).toMatchObject({ sent: 1, invalid: 1 });
  });
});

describe("options", () => {
  it.each([
    [["--field", "thing1"], "--field 'thing1' is not name=value"],
    [["--field", "thing1=a", "thing1=b"], "--field sets thing1 twice"],
    [["--field", "thing1=a", "--keywords", "b"], "--keywords and --field can't be used together"],
    [["--emphasis", "1"], "--emphasis does not apply to wechat-subscribe messages"],
    [["--lang", "de"], "--lang 'de' is not known"],
    [["--miniprogram-state", "beta"], "--miniprogram-state 'beta' is not known"],
  ])("%j are refused", async (flags, says) => {
    expect(await refusal(...flags)).toContain(`2 error: ${says}`);
  });

  it.each(["--field=a=b", "--lang=en_US", "--miniprogram-state=trial", "--truncate", "--no-preflight"])(
    "%s is refused for messages of another channel",
    async (flag) => {
      const { code, stderr } = await world.cli(["broadcast", "tmpl", "--keywords", "a", flag, "--dry-run"]);
      expect(code).toBe(2);
      expect(stderr).toContain(`${flag.split("=")[0]} does not apply to wechat-template messages`);
    },
  );
});
