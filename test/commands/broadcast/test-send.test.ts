import { describe, expect, it } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { TEMPLATES } from "../../sandbox/api.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();

async function giveConsent(openId: string): Promise<void> {
  world.sandbox.registerConsents([{ openId, templateId: TEMPLATES.activity, count: 1 }]);
  const entry = JSON.stringify({ consent: `${openId}-c`, at: Date.now() - 1000 });
  await world.redis.client.rpush(`mina:consent:{${openId}}:${TEMPLATES.activity}`, entry);
}

const CHANNELS = [
  {
    channel: "wechat-template",
    argv: ["broadcast", "order-shipped", "--keywords", "a"],
    give: (openId: string) => world.redis.push(openId, plainEntry(`f-${openId}`, Date.now() + HOUR_MS)),
    delivered: () => world.sandbox.stats().deliveriesByUser,
    missing: "no_code: no valid code",
  },
  {
    channel: "wechat-subscribe",
    argv: ["broadcast", TEMPLATES.activity, "--keywords", "茶,10:00,店"],
    give: giveConsent,
    delivered: () => world.sandbox.stats().subscribe.byTemplate[TEMPLATES.activity],
    missing: "no_code: no valid consent",
  },
];

describe.each(CHANNELS)("--test on $channel", ({ channel, argv, give, delivered, missing }) => {
  const send = [...argv, "--channel", channel, "--id", "b-1", "--to", "oA", "oB"];
  const counts = async (id: string) =>
    (await world.cli(["broadcast", "show", id, "--json", "--channel", channel])).json<BroadcastResult>();

  it("sends to these first, and with --yes goes on when all got it", async () => {
    for (const openId of ["oA", "oB", "oMe"]) await give(openId);
    const result = await world.cli([...send, "--test", "oMe", "--yes", "--json"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toMatch(/oMe +sent/);
    expect(result.json<BroadcastResult>()).toMatchObject({
      broadcastId: "b-1",
      recipients: 2,
      outcomes: { sent: 2 },
    });
    expect(await counts("b-1-test-1")).toMatchObject({ recipients: 1, outcomes: { sent: 1 } });
    expect(Object.values(delivered() ?? {})).toContain(channel === "wechat-template" ? 1 : 3);
  });

  it("with --yes ends with 9 when somebody did not, and sends to nobody else", async () => {
    for (const openId of ["oA", "oB", "oMe"]) await give(openId);
    const result = await world.cli([...send, "--test", "oMe", "oNone", "--yes"]);
    expect(result).toMatchObject({ code: 9, stdout: "" });
    expect(result.stderr).toContain(missing);
    expect(result.stderr).toContain("the test reached 1 of 2 users");
    expect((await world.cli(["broadcast", "show", "b-1", "--channel", channel])).code).toBe(3);
  });

  it("tells errcode and meaning, and asks; a no sends to nobody else", async () => {
    for (const openId of ["oA", "oB", "oMe"]) await give(openId);
    world.sandbox.setFaults([{ kind: "errcode-40003", percent: 100 }]);
    const asked = await world.screen([...send, "--test", "oMe"], { interactive: true, stdin: "n\n" });
    expect(asked.code).toBe(11);
    expect(asked.stderr).toMatch(/oMe +rejected: errcode 40003, openId invalid/);
    expect(asked.stderr).toMatch(/test +sent to 0 of 1 user\n/);
    expect(asked.stderr).toContain("Send to 2 users?");
    // The preview says whom it goes to first, before it does; what is asked is asked once.
    expect(asked.stderr).toMatch(
      /template [\s\S]*\ntest +first to oMe, then asks whether to continue[\s\S]*\ntest b-1-test-1\n[\s\S]*\naudience [\s\S]*Send to 2/,
    );
    world.sandbox.setFaults([]);
    // The second test of the same id has a number of its own.
    await give("oYou");
    const again = await world.screen([...send, "--test", "oYou"], { interactive: true, stdin: "y\n" });
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain("test b-1-test-2");
    expect(await counts("b-1")).toMatchObject({ recipients: 2, outcomes: { sent: 2 } });
  });

  it("stops with what the API stops a broadcast with", async () => {
    for (const openId of ["oA", "oMe"]) await give(openId);
    world.sandbox.setFaults([{ kind: "errcode-48001", percent: 100 }]);
    const result = await world.cli([...send, "--test", "oMe", "--yes"]);
    expect(result).toMatchObject({ code: 9, stdout: "" });
    expect(result.stderr).toMatch(/oMe +not sent/);
    expect(result.stderr).toContain("errcode 48001");
  });

  it("is never the one that resume --last goes on with", async () => {
    for (const openId of ["oA", "oMe"]) await give(openId);
    world.sandbox.setFaults([{ kind: "errcode-48001", percent: 100 }]);
    await world.cli([...send, "--yes"]);
    const later = send.map((word) => (word === "b-1" ? "b-2" : word));
    expect((await world.cli([...later, "--test", "oMe", "--yes"])).code).toBe(9);
    world.sandbox.setFaults([]);
    const resume = ["broadcast", "resume", "--channel", channel, "--yes", "--json"];
    const last = await world.cli([...resume, "--last"]);
    expect(last.json<BroadcastResult>(), last.stderr).toMatchObject({
      broadcastId: "b-1",
      outcomes: { sent: 1 },
    });
    expect((await world.cli([...resume, "--last"])).code).toBe(3);
    // By its name it can be.
    expect((await world.cli([...resume, "b-2-test-1"])).code).toBe(0);
  });

  it("sends nothing where nobody can be reached after it", async () => {
    await give("oMe");
    const asked = await world.screen([...send, "--test", "oMe"], { interactive: true, stdin: "y\n" });
    expect(asked.code).toBe(3);
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  it("is refused where nothing may be sent, or nobody can be asked", async () => {
    await give("oMe");
    const dry = await world.cli([...send, "--test", "oMe", "--dry-run"]);
    expect(dry).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--test and --dry-run can't be used together"),
    });
    expect((await world.cli([...send, "--test", "-", "--yes"])).code).toBe(2);
    expect((await world.cli([...send, "--test", "oMe"])).stderr).toContain("use --yes");
    expect(world.sandbox.stats().delivered).toBe(0);
  });
});
