import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";

import { TEMPLATES } from "../../sandbox/api.ts";
import { unwrap, useWorld } from "../world.ts";
import { parseLines } from "./commands.ts";

const world = useWorld();
const SUBSCRIBE = ["--channel", "wechat-subscribe"];
const SEND = ["broadcast", TEMPLATES.activity, "--keywords", "茶,10:00,店", ...SUBSCRIBE];
const AT = Date.now() - 1000;
/** The word of the other channel, but for errcodes and exit codes. */
const CODES = /\bcodes?\b/;

async function give(openId: string, count = 1): Promise<void> {
  world.sandbox.registerConsents([{ openId, templateId: TEMPLATES.activity, count }]);
  for (let i = 0; i < count; i++) {
    const entry = JSON.stringify({ consent: `${openId}-${i}`, at: AT });
    await world.redis.client.rpush(`mina:consent:{${openId}}:${TEMPLATES.activity}`, entry);
  }
}

describe("a broadcast that spends consents speaks of them", () => {
  it("in the dry run and the question", async () => {
    await give("oA", 2);
    await give("oB");
    const dry = await world.screen([...SEND, "--dry-run"]);
    expect(dry.stdout).toMatch(/audience +all pools: 2 users, 2 with a valid consent\n/);
    expect(dry.stdout).toMatch(/spends +2 consents; this leaves 1 user without a consent\n/);
    expect(dry.stdout).toMatch(/^consents +count$/m);
    expect(dry.stdout).not.toMatch(CODES);
    const asked = await world.screen(SEND, { interactive: true, stdin: "n\n" });
    expect(asked.stderr).toMatch(/spends +2 consents/);
    expect(asked.stderr).not.toMatch(CODES);
  });

  it("and tells of those with a standing right, who cost none", async () => {
    await give("oA");
    const standing = JSON.stringify({ consent: "s", at: AT, standing: true });
    await world.redis.client.rpush(`mina:consent:{oB}:${TEMPLATES.activity}`, standing);
    const dry = await world.screen([...SEND, "--dry-run"]);
    expect(unwrap(dry.stdout)).toMatch(
      /spends +1 consent, none from 1 user with standing consent; this leaves 1 user without a consent$/m,
    );
  });

  it("when there is no pool: where they would be, and how they come there", async () => {
    const { code, stderr } = await world.cli([...SEND, "--dry-run"]);
    expect(code).toBe(3);
    expect(stderr).toContain(`no consents found under 'mina:consent:{*}:${TEMPLATES.activity}'\n`);
    expect(stderr).toMatch(/hint: .*push-cli pool import --channel wechat-subscribe .*--no-pool/);
    expect(stderr).not.toMatch(CODES);
  });

  it("in the summary, in show, in resume and for whom it can't reach", async () => {
    await give("oA");
    const sent = await world.screen([...SEND, "--yes", "--id", "b-1", "--to", "oA", "oZ"]);
    expect(sent.stdout).toMatch(/no_code +1 +50.0% +no valid consent/);
    expect(sent.stdout).toMatch(/^consents +count$/m);
    const show = await world.screen(["broadcast", "show", "b-1", "--full", ...SUBSCRIBE]);
    expect(show.stdout).toMatch(/^consents +count$/m);
    const none = await world.cli([...SEND, "--dry-run", "--to", "oZ"]);
    expect(none).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("the user has no valid consent"),
    });
    const sentToNone = await world.cli([...SEND, "--yes", "--id", "b-2", "--to", "oZ", "oY"]);
    expect(sentToNone.stderr).toContain("none of 2 users has a valid consent");
  });

  it("and with --no-pool of neither", async () => {
    world.sandbox.registerConsents([{ openId: "oA", templateId: TEMPLATES.activity, count: 1 }]);
    const args = [...SEND, "--no-pool", "--to", "oA"];
    const dry = await world.screen([...args, "--dry-run"]);
    expect(dry.stdout).toMatch(/audience +listed users: 1 user\n/);
    expect(unwrap(dry.stdout)).toMatch(/redis +redis:.*, no pools, ledgers under mina:consent:\n/);
    expect(dry.stdout).toMatch(/spends +no stored permissions/);
    const sent = await world.screen([...args, "--yes"]);
    expect(sent.code, sent.stderr).toBe(0);
    for (const { stdout } of [dry, sent])
      expect(stdout.replace("mina:consent:", "")).not.toMatch(/\b(codes?|consents?)\b/);
  });
});

describe("who got it is told with the consent that it took", () => {
  const file = () => path.join(mkdtempSync(path.join(tmpdir(), "report-")), "r.ndjson");

  it("in the report and by broadcast recipients", async () => {
    await give("oA");
    const report = file();
    await world.cli([...SEND, "--yes", "--id", "b-1", "--report", report]);
    const lines = parseLines(readFileSync(report, "utf8"));
    expect(lines).toMatchObject([{ openId: "oA", outcome: "sent", formId: null, consent: "oA-0" }]);
    const recipients = ["broadcast", "recipients", "b-1", ...SUBSCRIBE];
    expect((await world.cli([...recipients, "--json"])).lines()).toMatchObject([
      { openId: "oA", formId: null, consent: "oA-0" },
    ]);
    const csv = (await world.cli([...recipients, "--format", "csv"])).stdout;
    expect(csv).toMatch(/^openId,.*,formId,at,consent\r\noA,sent,.*,,[^,]+Z,oA-0\r\n$/);
  });

  it("and without one where none is kept", async () => {
    world.sandbox.registerConsents([{ openId: "oA", templateId: TEMPLATES.activity, count: 1 }]);
    const report = file();
    await world.cli([...SEND, "--no-pool", "--to", "oA", "--yes", "--id", "b-1", "--report", report]);
    expect(parseLines(readFileSync(report, "utf8"))).toMatchObject([{ formId: null, consent: null }]);
    const recipients = await world.cli(["broadcast", "recipients", "b-1", ...SUBSCRIBE, "--json"]);
    expect(recipients.lines()).toMatchObject([
      { openId: "oA", outcome: "sent", formId: null, consent: null },
    ]);
  });
});
