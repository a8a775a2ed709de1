import { describe, expect, it } from "vitest";
import { useWorld } from "../../world.ts";
import { DAY_MS, entry, NOW, T1, T2, useConsents } from "./consents.ts";

const world = useWorld();
const { cli, give, entries, all, key } = useConsents(world);

async function ids(openId: string, templateId: string): Promise<string[]> {
  return (await entries(openId, templateId)).map((raw) => (JSON.parse(raw) as { consent: string }).consent);
}

type Counts = Record<"imported" | "known" | "bad", number>;

const importText = async (stdin: string, ...flags: string[]) => {
  const result = await cli(["pool", "import", "--json", ...flags], { stdin });
  return { ...result.json<Counts>(), code: result.code, stderr: result.stderr };
};

describe("pool import, of consents", () => {
  it("makes as many as each row counts, given now, and nothing of a second import", async () => {
    const file = `openid,template_id,remaining_count\noA,${T1},3\noA,${T2},1\noB,${T1},0\n`;
    expect(await importText(file)).toMatchObject({
      code: 0,
      lines: 3,
      imported: 4,
      known: 0,
      empty: 1,
      bad: 0,
    });
    expect(await ids("oA", T1)).toEqual(["i-1-1", "i-1-2", "i-1-3"]);
    const [first] = await entries("oA", T1);
    expect(first).toMatch(/^\{"consent":"i-1-1","at":\d{13}\}$/);
    expect(Math.abs(NOW - JSON.parse(first!).at)).toBeLessThan(60_000);
    const before = await all();
    expect(await importText(file)).toMatchObject({ imported: 0, known: 4 });
    expect(await all()).toEqual(before);
  });

  it("adds the difference when a count has grown, and all of it in a batch of another name", async () => {
    await importText(`oA,${T1},1`);
    expect(await importText(`oA,${T1},3`)).toMatchObject({ imported: 2, known: 1 });
    expect(await importText(`oA,${T1},2`, "--batch", "nov")).toMatchObject({ imported: 2, known: 0 });
    expect(await ids("oA", T1)).toEqual(["i-1-1", "i-1-2", "i-1-3", "i-nov-1", "i-nov-2"]);
  });

  it("adds up the rows of a user, wherever they stand", async () => {
    const file = `oA,${T1}\noB,${T1}\noA,${T1}\noA,${T1},2\n`;
    expect(await importText(file)).toMatchObject({ imported: 5 });
    expect(await ids("oA", T1)).toEqual(["i-1-1", "i-1-2", "i-1-3", "i-1-4"]);
    expect(await importText(file)).toMatchObject({ imported: 0, known: 5 });
  });

  it("knows what broadcasts have spent or have in hand", async () => {
    await importText(`oA,${T1},3`);
    await world.redis.client.lpop(key("oA", T1), 2);
    await world.redis.client.hset("mina:consent:{oA}:sends", {
      b1: `sent r1 1 ${NOW} - i-1-1 - 1 0`,
      b2: `claimed r1 ${NOW} 1 1 0 0 i-1-2 0\nx`,
    });
    expect(await importText(`oA,${T1},3`)).toMatchObject({ imported: 0, known: 1, used: 2 });
    expect(await ids("oA", T1)).toEqual(["i-1-3"]);
  });

  it("takes one line a consent, with its own id, time and kind", async () => {
    const lines = [
      { openId: "oA", templateId: T1, consent: "evt-1", at: NOW - DAY_MS },
      { openId: "oA", templateId: T1, consent: "evt-1", at: NOW },
      { openId: "oA", templateId: T1, consent: "evt-2", at: "2026-01-02T03:04:05Z", standing: true },
      { openId: "oA", templateId: T1, standing: true },
    ];
    const file = lines.map((line) => JSON.stringify(line)).join("\n");
    expect(await importText(file)).toMatchObject({ imported: 3, known: 1 });
    expect((await entries("oA", T1)).slice(0, 2)).toEqual([
      entry("evt-1", 1),
      '{"consent":"evt-2","at":1767323045000,"standing":true}',
    ]);
    expect(await importText(file)).toMatchObject({ imported: 0, known: 4 });
  });

  it("knows a consent however a backend has written it, and keeps what it does not understand", async () => {
    const foreign = [`{ "at":${NOW}, "consent":"evt-1" }`, "junk", '{"consent":"evt-2"}'];
    await give("oA", T1, ...foreign);
    const file = `{"openId":"oA","templateId":"${T1}","consent":"evt-1"}\n{"openId":"oA","templateId":"${T1}","consent":"evt-2"}`;
    expect(await importText(file)).toMatchObject({ imported: 1, known: 1 });
    const after = await entries("oA", T1);
    expect(after.slice(0, 3)).toEqual(foreign);
    expect(after).toHaveLength(4);
  });

  it("takes of a file what is for one template, which it need not name", async () => {
    expect(await importText(`oA,2\noB,1`, "--template", T1)).toMatchObject({ imported: 3 });
    expect(await importText(`oC,${T1},1\noC,${T2},1`, "--template", T1)).toMatchObject({
      imported: 1,
      otherTemplate: 1,
    });
    expect(Object.keys(await all()).sort()).toEqual([`{oA}:${T1}`, `{oB}:${T1}`, `{oC}:${T1}`]);
  });

  it("says of each bad line what is wrong, and takes the others", async () => {
    const file = [
      `openId,templateId,count,consent,at,standing`,
      `,${T1},1,,,`,
      `oA,,1,,,`,
      `oA,sends,1,,,`,
      `oA,${T1},-1,,,`,
      `oA,${T1},1001,,,`,
      `oA,${T1},1,a b,,`,
      `oA,${T1},2,a,,`,
      `oA,${T1},1,,yesterday,`,
      `oA,${T1},1,,,perhaps`,
      `oA,${T1},1,,,`,
    ].join("\n");
    const { code, stderr, imported, bad } = await importText(file);
    expect({ code, imported, bad }).toEqual({ code: 8, imported: 1, bad: 9 });
    expect(stderr.split("\n").filter((line) => line.startsWith("line"))).toEqual([
      "line 2: it has no openId",
      "line 3: it has no templateId, and --template is not given",
      "line 4: 'sends' is not a template id",
      "line 5: '-1' is not a count (0 to 1000)",
      "line 6: '1001' is not a count (0 to 1000)",
      `line 7: 'a b' is not a consent's id: visible ASCII without " and \\, up to 128 characters`,
      "line 8: a consent with an id counts as one, not 2",
      "line 9: 'yesterday' is not a time: epoch seconds (10 digits), ms (13), or ISO 8601",
      "line 10: 'perhaps' is neither true nor false",
    ]);
  });

  it("reports a key that is no list, and goes on with the others", async () => {
    await world.redis.client.set(key("oA", T1), "x");
    const { code, imported, bad, stderr } = await importText(`oA,${T1},1\noB,${T1},1`);
    expect({ code, imported, bad }).toEqual({ code: 8, imported: 1, bad: 1 });
    expect(stderr).toContain(`line 1: the key 'mina:consent:{oA}:${T1}' is not a list`);
  });

  it("keeps to the cap, which counts valid consents alone", async () => {
    await give("oA", T1, entry("old", 40), entry("a"), entry("s", 0, true), "junk");
    const flags = ["--consent-cap", "3", "--consent-max-age", "30d"];
    expect(await importText(`oA,${T1},5`, ...flags)).toMatchObject({ imported: 2, capped: 3 });
    expect(await importText(`oA,${T1},5`, ...flags)).toMatchObject({ imported: 0, known: 2, capped: 3 });
  });

  it("leaves out what is beyond the maximum age", async () => {
    const file = `openId,templateId,at\noA,${T1},${NOW - 31 * DAY_MS}\noA,${T1},${NOW}`;
    expect(await importText(file, "--consent-max-age", "30d")).toMatchObject({ imported: 1, expired: 1 });
  });
});

describe("pool import --from, of consents", () => {
  const from = (...flags: string[]) => importText("", ...flags);

  it("reads strings with a number, or JSON with a count and perhaps a template", async () => {
    const { client } = world.redis;
    await client.set("shike:wx:subscribe:oA:1", `{"templateId":"${T1}","quota":2}`);
    await client.set("shike:wx:subscribe:oB:1", "3");
    await client.set("shike:wx:subscribe:oC:1", `{"templateId":"${T2}","remaining_count":1}`);
    await client.set("shike:wx:subscribe:oD:1", "a secret of somebody");
    const result = await from("--from", "string", "--from-key", "shike:wx:subscribe:%:*", "--template", T1);
    expect(result).toMatchObject({ code: 8, keys: 4, values: 4, imported: 5, otherTemplate: 1, bad: 1 });
    expect(result.stderr).not.toContain("secret");
    expect(await ids("oA", T1)).toEqual(["i-1-1", "i-1-2"]);
    expect(await ids("oB", T1)).toHaveLength(3);
    expect(await client.get("shike:wx:subscribe:oB:1")).toBe("3");
  });

  it("takes the template behind the openId", async () => {
    await world.redis.client.set(`wx:subscribe:oA:${T1}`, "1");
    expect(await from("--from", "string", "--from-prefix", "wx:subscribe:")).toMatchObject({ imported: 1 });
    expect(await ids("oA", T1)).toEqual(["i-1-1"]);
  });

  it("reads hashes of templates", async () => {
    await world.redis.client.hset("quota:oA", { [T1]: "2", [T2]: '{"available":1}', updated: "x" });
    const flags = ["--from", "hash", "--from-prefix", "quota:"];
    expect(await from(...flags)).toMatchObject({ code: 8, imported: 3, bad: 1 });
    expect(Object.keys(await all()).sort()).toEqual([`{oA}:${T1}`, `{oA}:${T2}`]);
    expect(await from(...flags)).toMatchObject({ imported: 0, known: 3 });
  });

  it("knows no other layouts", async () => {
    const { code, stderr } = await cli(["pool", "import", "--from", "zset", "--from-prefix", "x:"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--from zset") });
  });
});
