import { describe, expect, it } from "vitest";
import { useWorld } from "../../world.ts";
import { DAY_MS, entry, NOW, T1, T2, useConsents } from "./consents.ts";

const world = useWorld();
const { cli, give, all, key } = useConsents(world);
const iso = (days: number) => new Date(NOW - days * DAY_MS).toISOString();

/** Two users, two templates, entries of all kinds, and the keys beside the pools. */
async function giveSome(): Promise<void> {
  await give("oA", T1, entry("a1", 40), entry("a2", 2), "junk", entry("a3", 0, true));
  await give("oA", T2, entry("a4", 8));
  await give("oB", T1, entry("b1", 3));
  const { client } = world.redis;
  await client.hset("mina:consent:{oA}:sends", "b1", `sent r1 1 ${NOW} - a0 m7 1 0`);
  await client.hset("mina:consent:{oA}:receipts", `${T1} 7`, `delivered 0 ${NOW}`);
  await client.zadd("mina:consent:{oA}:seen", NOW, "x");
  await client.rpush("mina:openid:oA", '{"formId":"f","expire":1}');
}

interface Line {
  openId: string;
  templateId: string;
}

async function list(...flags: string[]): Promise<Line[]> {
  const { stdout } = await cli(["pool", "list", "--json", ...flags]);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

const namesOf = (lines: Line[]) => lines.map(({ openId, templateId }) => `${openId} ${templateId}`);

describe("pool list, of consents", () => {
  it("counts those of each user and template, and nothing that is no pool", async () => {
    await giveSome();
    const lines = await list("--sort", "valid");
    expect(lines).toEqual([
      {
        openId: "oA",
        templateId: T1,
        valid: 2,
        expired: 0,
        standing: 1,
        unreadable: 1,
        oldest: iso(40),
        newest: iso(0),
      },
      expect.objectContaining({ openId: "oA", templateId: T2, valid: 1, oldest: iso(8), newest: iso(8) }),
      expect.objectContaining({ openId: "oB", templateId: T1, valid: 1 }),
    ]);
  });

  it("keeps to a template, and to openIds like a pattern", async () => {
    await giveSome();
    expect(namesOf(await list("--template", T2))).toEqual([`oA ${T2}`]);
    expect(namesOf(await list("--match", "oB*"))).toEqual([`oB ${T1}`]);
  });

  it("filters and sorts as it does codes, with an age where one is set", async () => {
    await giveSome();
    expect(namesOf(await list("--min-valid", "2"))).toEqual([`oA ${T1}`]);
    expect(namesOf(await list("--unreadable"))).toEqual([`oA ${T1}`]);
    expect(namesOf(await list("--sort", "expiry", "--limit", "2"))).toEqual([`oA ${T1}`, `oA ${T2}`]);
    const aged = ["--consent-max-age", "10d"];
    expect(await list(...aged, "--sort", "expiry", "--limit", "1")).toMatchObject([
      { templateId: T2, expired: 0 },
    ]);
    expect(namesOf(await list(...aged, "--expiring-within", "3d"))).toEqual([`oA ${T2}`]);
    expect((await cli(["pool", "list", "--expiring-within", "3d"])).code).toBe(2);
  });

  it("gives a pipe rows, and a person a table", async () => {
    await give("oB", T1, entry("b1", 3));
    expect((await cli(["pool", "list"])).stdout).toBe(`oB\t${T1}\t1\t0\t0\t0\t${iso(3)}\t${iso(3)}\n`);
    const screen = await world.screen(["pool", "list", "--channel", "wechat-subscribe"]);
    expect(screen.stdout).toMatch(/oB +M0CrXTpTVO\.\.\. +1 +0 +0 +0 +3 ?d/);
  });

  it("warns of keys that it can't read, and says when there are none", async () => {
    await give("oB", "not a template", entry("b1"));
    const { code, stderr } = await cli(["pool", "list"]);
    expect(stderr).toContain("1 key under 'mina:consent:{*}:*' was skipped");
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining("error: no consents found under 'mina:consent:{*}:*'\n"),
    });
  });
});

describe("pool show, of consents", () => {
  it("has a user's of all templates, and what became of the user in broadcasts", async () => {
    await giveSome();
    const { code, stdout } = await cli(["pool", "show", "oA", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      openId: "oA",
      templates: [
        {
          templateId: T1,
          key: key("oA", T1),
          valid: 2,
          standing: 1,
          expired: 0,
          unreadable: 1,
          consents: [
            { consent: "a1", at: NOW - 40 * DAY_MS, givenAt: iso(40), state: "valid" },
            { consent: "a2", at: NOW - 2 * DAY_MS, givenAt: iso(2), state: "valid" },
            { state: "unreadable", raw: "junk" },
            { consent: "a3", at: NOW, givenAt: iso(0), state: "standing" },
          ],
        },
        expect.objectContaining({ templateId: T2, valid: 1 }),
      ],
      broadcasts: [expect.objectContaining({ broadcastId: "b1", outcome: "sent", formId: "a0" })],
    });
  });

  it("knows a user by any key, keeps to a template and a state, and tells of several in lines", async () => {
    await giveSome();
    const { stdout } = await cli([
      ...["pool", "show", "mina:consent:{oA}:sends", key("oB", T1), "--json"],
      ...["--template", T1, "--state", "standing"],
    ]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { openId: "oA", templates: [{ valid: 2, consents: [{ consent: "a3" }] }] },
      { openId: "oB", templates: [{ valid: 1, consents: [] }] },
    ]);
  });

  it("shows whom nothing is left of by the ledger alone, and fails for whom nobody knows", async () => {
    await giveSome();
    await world.redis.client.del(key("oA", T1), key("oA", T2));
    expect((await cli(["pool", "show", "oA"])).stdout).toMatch(/^\tbroadcast\t\S+\t\tb1\tsent\t/);
    const { code, stderr } = await cli(["pool", "show", "oX"]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("mina:consent:{oX}:*") });
  });

  it("does not take a pattern for an openId", async () => {
    await giveSome();
    expect((await cli(["pool", "show", "o*"])).code).toBe(3);
  });

  it("gives a person a table each, and a pipe rows", async () => {
    await giveSome();
    const screen = await world.screen(["pool", "show", "oA", "--channel", "wechat-subscribe"]);
    expect(screen.stdout).toContain("2 valid, 1 standing, 0 expired, 1 unreadable");
    expect((await cli(["pool", "show", "oB"])).stdout).toBe(`${T1}\tvalid\tb1\t${iso(3)}\t\t\t\t\n`);
  });
});

describe("pool stats, of consents", () => {
  it("counts reachable users per template, consents by state and by age", async () => {
    await giveSome();
    await give("oC", T1, entry("c1", 40));
    const { stdout } = await cli(["pool", "stats", "--json", "--consent-max-age", "30d"]);
    expect(JSON.parse(stdout)).toEqual({
      pools: 4,
      reachable: 3,
      consents: { valid: 3, standing: 1, expired: 2, unreadable: 1 },
      templates: [
        {
          templateId: T1,
          pools: 3,
          reachable: 2,
          consents: { valid: 2, standing: 1, expired: 2, unreadable: 1 },
          oldest: iso(3),
          newest: iso(0),
        },
        expect.objectContaining({ templateId: T2, pools: 1, reachable: 1 }),
      ],
      perUser: [{ consents: 1, users: 3 }],
      byAge: [
        { underDays: 1, consents: 1 },
        { underDays: 7, consents: 2 },
        { underDays: 30, consents: 1 },
        { underDays: 90, consents: 0 },
        { underDays: 180, consents: 0 },
        { underDays: 365, consents: 0 },
        { underDays: null, consents: 0 },
      ],
      passedOver: 0,
    });
  });

  it("fits a terminal, and is rows in a pipe", async () => {
    await giveSome();
    const { stdout } = await world.screen(["pool", "stats", "--channel", "wechat-subscribe"]);
    expect(stdout).toContain("3 pools of 2 templates, 3 of them reachable");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect((await cli(["pool", "stats"])).stdout).toMatch(
      new RegExp(`^templates\\.\\d\\.templateId\\t${T1}\\ntemplates\\.\\d\\.pools\\t2\\n`, "m"),
    );
  });

  it("has no estimates, and says when there is nothing", async () => {
    expect((await cli(["pool", "stats", "--sample", "10"])).code).toBe(2);
    expect((await cli(["pool", "stats"])).code).toBe(3);
  });
});

it("leaves everything as it was", async () => {
  await giveSome();
  const before = await all();
  for (const verb of ["list", "stats", "export"]) await cli(["pool", verb]);
  await cli(["pool", "show", "oA"]);
  expect(await all()).toEqual(before);
});

it("has templates and standing consents on no other channel", async () => {
  await world.redis.push("oA", '{"formId":"f","expire":1}');
  for (const argv of [
    ["pool", "list", "--template", T1],
    ["pool", "show", "oA", "--state", "standing"],
    ["pool", "import", "--batch", "x"],
  ]) {
    const { code, stderr } = await world.cli(argv);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("onsents") });
  }
  expect((await cli(["pool", "list", "--template", "sends"])).code).toBe(2);
});
