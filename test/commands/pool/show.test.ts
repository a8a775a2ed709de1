import { describe, expect, it } from "vitest";
import { plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();

interface Shown {
  openId: string;
  key: string;
  valid: number;
  expired: number;
  invalid: number;
  unreadable: number;
  codes: {
    formId?: string;
    expire?: number;
    expiresAt?: string;
    uses?: number;
    state: string;
    raw?: string;
  }[];
}

const later = Date.now() + 50 * HOUR_MS;
const JAVA = "\xac\xed\x00\x05sr\x00\x1ccom.example.FormTemplateVO";

/** Every form of wechat-api.md, what it holds, and how each code shows. */
const FORMS: [string, string, { formId: string; state: string; uses?: number }[]][] = [
  ["plain JSON", `{"formId":"a1","expire":${later}}`, [{ formId: "a1", state: "valid" }]],
  ["seconds", `{"formId":"a1","expire":${Math.floor(later / 1000)}}`, [{ formId: "a1", state: "valid" }]],
  ["expired", '{"formId":"a1","expire":1568000000000}', [{ formId: "a1", state: "expired" }]],
  [
    "Spring",
    `{"@class":"com.example.VO","formId":"a1","expire":${later}}`,
    [{ formId: "a1", state: "valid" }],
  ],
  [
    "Spring's Long",
    `{"formId":"a1","expire":["java.lang.Long",${later}]}`,
    [{ formId: "a1", state: "valid" }],
  ],
  ["Jackson", `["com.example.VO",{"formId":"a1","expire":${later}}]`, [{ formId: "a1", state: "valid" }]],
  [
    "FastJson",
    `{"@type":"com.example.VO","expire":${later}L,"formId":"a1"}`,
    [{ formId: "a1", state: "valid" }],
  ],
  [
    "twice serialized",
    JSON.stringify(`{"formId":"a1","expire":${later}}`),
    [{ formId: "a1", state: "valid" }],
  ],
  [
    "a whole list",
    `["java.util.ArrayList",[{"formId":"a1","expire":1568000000000},{"formId":"b2","expire":${later}}]]`,
    [
      { formId: "a1", state: "expired" },
      { formId: "b2", state: "valid" },
    ],
  ],
  ["other names", `{"form_id":"a1","expireTime":${later}}`, [{ formId: "a1", state: "valid" }]],
  [
    "a prepay_id",
    `{"formId":"wx2019","expire":${later},"uses":3}`,
    [{ formId: "wx2019", state: "valid", uses: 3 }],
  ],
  [
    "a mock code",
    `{"formId":"the formId is a mock one","expire":${later}}`,
    [{ formId: "the formId is a mock one", state: "invalid" }],
  ],
];

describe("pool show", () => {
  it.each(FORMS)("shows %s", async (_, entry, codes) => {
    await world.redis.push("oA", entry);
    const shown = (await world.cli(["pool", "show", "oA", "--json"])).json<Shown>();
    expect(shown.codes).toMatchObject(codes.map((code) => ({ uses: 1, ...code })));
    expect(shown).toMatchObject({
      openId: "oA",
      key: "mina:openid:oA",
      valid: codes.filter(({ state }) => state === "valid").length,
      expired: codes.filter(({ state }) => state === "expired").length,
      invalid: codes.filter(({ state }) => state === "invalid").length,
      unreadable: 0,
    });
    for (const { expire, expiresAt } of shown.codes) expect(Date.parse(expiresAt ?? "")).toBe(expire);
  });

  it.each([
    ["Java serialization", JAVA, "java"],
    ["anything else", "not json", "not a code"],
    ["a code without expiry", '{"formId":"a1"}', "not a code"],
    ["an entry of 70 kB", `{"formId":"a1","x":"${"x".repeat(70_000)}"}`, "too long"],
  ])("shows %s as unreadable", async (_, entry, why) => {
    await world.redis.push("oA", entry);
    const { unreadable, codes } = (await world.cli(["pool", "show", "oA", "--json"])).json<Shown>();
    expect([unreadable, codes.length, codes[0]?.state]).toEqual([1, 1, "unreadable"]);
    expect(codes[0]?.raw?.length).toBeLessThan(300);
    expect((await world.screen(["pool", "show", "oA"])).stdout).toContain(why);
  });

  it("keeps the order of the pool, and gives a pipe one tab-separated row a code", async () => {
    const entries = ["c", "a", "b"].map((formId) => JSON.stringify({ formId, expire: later }));
    await world.redis.push("oA", ...entries, "junk\twith a tab");
    const at = new Date(later).toISOString();
    expect((await world.cli(["pool", "show", "oA"])).stdout).toBe(
      `${["c", "a", "b"].map((formId) => `valid\t${formId}\t${at}\t1\t\t\t\t\t\n`).join("")}unreadable\tjunk\\twith a tab\t\t\t\t\t\t\t\n`,
    );
  });

  it("shows a person the key, the counts, and how long the codes last", async () => {
    await world.redis.push(
      "oA",
      JSON.stringify({ formId: "a1", expire: later }),
      '{"formId":"old","expire":1568000000000}',
    );
    const { code, stdout, stderr } = await world.screen(["pool", "show", "oA"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^mina:openid:oA\n1 valid, 1 expired, 0 invalid, 0 unreadable\nstate +formId +expires +uses\n/,
    );
    expect(stdout).toMatch(/\nvalid +a1 +\d{4}-\d\d-\d\d \d\d:\d\d \(in 2d [12]h\) +1\n/);
    expect(stdout).toMatch(/\nexpired +old +.*\(\d+d ago\) +1\n/);
  });

  it("lets no control sequence of an entry or a formId through", async () => {
    const nasty = "\x1b[2J\x1b]0;title\x07\r\x9b31m";
    const formId = JSON.stringify(`${nasty}\u202e`);
    await world.redis.push(
      "oA",
      `${nasty} junk`,
      Buffer.from(`{"formId":${formId},"expire":${later}}`).toString("latin1"),
    );
    for (const flags of [[], ["--json"]]) {
      const outputs = [
        await world.cli(["pool", "show", "oA", ...flags]),
        await world.screen(["pool", "show", "oA", ...flags]),
      ];
      for (const { stdout, stderr } of outputs) {
        expect(stdout).toContain("1b[2J");
        expect(stdout + stderr).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
      }
    }
  });

  it("quotes an openId that could fool a terminal in a harmless form", async () => {
    const { code, stderr } = await world.cli(["pool", "show", "o\x1b[31mA"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: 'o\\x1b\[31mA' is not an openId\nhint: /);
  });

  it("reads a pool of thousands of codes to its end", async () => {
    const formIds = Array.from({ length: 1234 }, (_, i) => `f${i}`);
    await world.redis.push("oA", ...formIds.map((formId) => JSON.stringify({ formId, expire: later })));
    const { valid, codes } = (await world.cli(["pool", "show", "oA", "--json"])).json<Shown>();
    expect(valid).toBe(1234);
    expect(codes.map(({ formId }) => formId)).toEqual(formIds);
  });

  it("says where it looked when there is no such pool", async () => {
    const { code, stdout, stderr } = await world.cli(["pool", "show", "oA", "--pool-prefix", "other:"]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^error: no pool 'other:oA'\nhint: no list of codes found in this database; /);
    await world.redis.push("oB", plainEntry("a1", later));
    expect((await world.cli(["pool", "show", "oA"])).stderr).toBe(
      "error: no pool 'mina:openid:oA'\nhint: to list the pools: push-cli pool list\n",
    );
    expect((await world.cli(["pool", "show", "oA", "--pool-prefix", "other:"])).stderr).toContain(
      "\nhint: found pools under 'mina:openid:' (1 key looked at): --pool-prefix mina:openid:\n",
    );
  });

  it("says what is wrong with a key that is not a list", async () => {
    await world.redis.client.set("mina:openid:oA", "text");
    const { code, stderr } = await world.cli(["pool", "show", "oA"]);
    expect(code).toBe(6);
    expect(stderr).toMatch(/^error: .*'mina:openid:oA'.*\nhint: /);
  });

  it("shows what became of the user in broadcasts, the newest first", async () => {
    const plain = (formId: string) => JSON.stringify({ formId, expire: later });
    await world.redis.push("oA", plain("a1"), plain("a2"), plain("a3"));
    const start = async (id: string, ...flags: string[]) => {
      const { code } = await world.cli(["broadcast", "tmpl", "--yes", "--no-keywords", "--id", id, ...flags]);
      expect(code).toBe(0);
    };
    await start("first");
    world.sandbox.setFaults([{ kind: "errcode-43101", percent: 100 }]);
    await start("second");
    world.sandbox.setFaults([]);
    await world.redis.open.stores.ledger({ broadcastId: "third", runId: "r3" }).claim(["oA"]);
    await world.redis.client.hset("{mina:openid:oA}:sends", "odd", "somebody else's");

    // The pool is gone with its last code; what became of them is not.
    expect(await world.redis.client.exists("mina:openid:oA")).toBe(0);
    const { code, stdout } = await world.cli(["pool", "show", "oA", "--json"]);
    const run = { runId: expect.any(String), attempts: 1, at: expect.stringMatching(/^2\d{3}-.*Z$/) };
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        ...{
          openId: "oA",
          key: "mina:openid:oA",
          valid: 0,
          expired: 0,
          invalid: 0,
          unreadable: 0,
          overlong: 0,
          codes: [],
        },
        broadcasts: [
          { broadcastId: "third", outcome: "claimed", formId: "a3", ...run, runId: "r3" },
          { broadcastId: "second", outcome: "rejected", formId: "a2", errcode: 43101, ...run },
          { broadcastId: "first", outcome: "sent", formId: "a1", msgid: expect.any(String), ...run },
          { broadcastId: "odd", outcome: "unreadable" },
        ],
      },
    ]);
    expect((await world.cli(["pool", "show", "oA"])).stdout).toMatch(
      /^broadcast\ta3\t\t\t\tthird\tclaimed\t\S+Z\t\nbroadcast\ta2\t\t\t\tsecond\trejected\t\S+Z\t43101\nbroadcast\ta1\t\t\t\tfirst\tsent\t\S+Z\t\nbroadcast\t\t\t\t\todd\tunreadable\t\t\n$/,
    );
    const screen = (await world.screen(["pool", "show", "oA"])).stdout;
    expect(screen).toContain("no pool: its last code was claimed\n");
    expect(screen).toMatch(/\nsecond +rejected +\d\d-\d\d \d\d:\d\d +43101 the user refuses messages\n/);
  });

  it("shows the last ten broadcasts on a screen, and all of them as JSON", async () => {
    await world.redis.push("oA", JSON.stringify({ formId: "a1", expire: later }));
    for (let i = 10; i < 25; i++) {
      const record = `sent r 1 17000000000${i} 0 f${i} - 0 1568000000000`;
      await world.redis.client.hset("{mina:openid:oA}:sends", `b${i}`, record);
    }
    const { stdout, stderr } = await world.screen(["pool", "show", "oA"]);
    expect(stdout.match(/^b\d\d /gm)).toEqual(Array.from({ length: 10 }, (_, i) => `b${24 - i} `));
    expect(stderr).toContain("and 5 earlier broadcasts");
    const shown = (await world.cli(["pool", "show", "oA", "--json"])).json<{ broadcasts: unknown[] }>();
    expect(shown.broadcasts).toHaveLength(15);
  });
});
