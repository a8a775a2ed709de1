import { beforeEach, describe, expect, test } from "vitest";
import { broadcast, dumpAll, giveUsers, useWorld } from "../../broadcast/world.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld();
let before: Record<string, unknown>;

beforeEach(async () => {
  await giveUsers(world, 3);
  before = await dumpAll(world);
});

async function expectNothingSent() {
  expect(world.sandbox.stats().requests).toBe(0);
  expect(await dumpAll(world)).toEqual(before);
}

/** The verbs that want to be told a broadcast. */
const VERBS_WITH_ID = ["show", "recipients", "report", "pause", "cancel", "delete", "rm"];

/** Words of other tools, and the command of ours that does it. */
const WORDS: [command: string, words: string][] = [
  ["send <templateId>", "start run begin create new add go launch trigger push broadcast"],
  ["send <templateId> --dry-run", "test preview dry-run dryrun check count validate try"],
  ["resume <id>", "retry rerun redo continue restart recover unpause resend join reopen"],
  ["watch <id>", "follow tail log logs monitor progress top wait"],
  ["list", "all history recent"],
  ["show <id>", "status state info get describe inspect view details detail stats stat"],
  ["recipients <id>", "export users failed failures errors unknown dump download"],
  ["report <id> --html report.html", "html page summary chart"],
  ["pause <id>", "stop halt hold suspend interrupt quit exit end"],
  ["cancel <id>", "abort kill terminate undo revoke recall"],
  ["delete <id>", "remove del drop purge clean clear prune"],
  ["run-due", "due cron tick"],
  ["send <templateId> --at <time>", "schedule at later defer delay timer"],
  ["--help", "help version edit update set copy clone config init template templates pool"],
];
const EACH_WORD = WORDS.flatMap(([command, words]) =>
  words.split(" ").map((word) => [word, command] as const),
);

describe("a word is not a template", () => {
  test.each(EACH_WORD)("%s: did you mean %s?", async (word, command) => {
    for (const argv of [
      [word, "-y"],
      [word, "--yes", "--no-keywords"],
      [word, "b-1", "-y", "--no-keywords"],
    ]) {
      const result = await inPipe(world, [...argv, "--json"]);
      expect(result, argv.join(" ")).toMatchObject({ code: 2, stdout: "" });
      expect(errorOf(result)).toMatchObject({
        code: "usage",
        message: `'${word}' is not a template id`,
        hint: `did you mean push-cli broadcast ${command}? if it is a template id: push-cli broadcast send ${word}`,
      });
    }
    await expectNothingSent();
  });

  test.each(VERBS_WITH_ID)("%s -y wants to know which broadcast", async (verb) => {
    const result = await inPipe(world, [verb, "-y", "--json"]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result).message).toContain("missing required argument 'id'");
    await expectNothingSent();
  });

  test.each([
    ["list -y", 0],
    ["ls -y", 0],
    ["ls --yes --no-keywords", 2],
    ["ls b-1 -y --no-keywords", 2],
    ["rm --yes --no-keywords", 2],
    ["rm b-1 -y --no-keywords", 2],
    ["rm b-1 -y", 3],
    ["watch -y", 3],
    ["resume -y", 2],
    ["send -y", 2],
    ["-y", 2],
  ])("%s sends nothing, either", async (line, code) => {
    expect((await inPipe(world, line.split(" "))).code).toBe(code);
    await expectNothingSent();
  });

  test.each([
    "send list ls rm show recipients pause cancel delete watch resume",
    "Stop STATUS CANCEL List Retry",
  ])("behind options and in other letters, too: %s", async (words) => {
    for (const word of words.split(" ")) {
      const result = await inPipe(world, ["--limit", "1", word, "--no-keywords", "-y"]);
      expect(result, word).toMatchObject({ code: 2, stdout: "" });
      expect(result.stderr).toMatch(/^error: '.*' is (a command|not a template id)/);
    }
    await expectNothingSent();
  });

  test.each([
    ["cancle", "cancel"],
    ["canel", "cancel"],
    ["pasue", "pause"],
    ["lst", "list"],
    ["delte", "delete"],
    ["shwo", "show"],
    ["watc", "watch"],
    ["recipient", "recipients"],
    ["statsu", "show <id>"],
    ["staus", "show <id>"],
    ["restat", "resume <id>"],
    ["abrot", "cancel <id>"],
    ["remvoe", "delete <id>"],
  ])("%s is nearly one", async (word, command) => {
    for (const more of [[], ["b-1"]]) {
      const result = await inPipe(world, [word, ...more, "--yes", "--no-keywords", "--json"]);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      expect(errorOf(result)).toMatchObject({
        message: expect.stringContaining(`'${word}' looks like a mistyped '`),
        hint: expect.stringContaining(`did you mean push-cli broadcast ${command}?`),
      });
    }
    await expectNothingSent();
  });

  test("at a terminal it is refused without a question", async () => {
    const { code, stderr } = await atTerminal(world, ["stop"], "y\n");
    expect(code).toBe(2);
    expect(stderr).not.toContain("[y/N]");
    await expectNothingSent();
  });
});

describe("a template is sent", () => {
  test.each([
    "order-shipped",
    "template-1",
    "t1",
    "tmpl",
    "T",
    "news",
    "4bG2hT7kQ_9wXc-ZpL0aVn3sYd8uRe6fJi1oMb5gKtE",
  ])("as the short form %s", async (templateId) => {
    const result = await inPipe(world, [templateId, "--yes", "--no-keywords", "--json"]);
    expect(result.code, result.stderr).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 3, lastMessage: { template_id: templateId } });
  });

  test.each(["list", "stop", "cancle", "order-shipped", "send"])("by send %s", async (templateId) => {
    const result = await inPipe(world, ["send", templateId, "--yes", "--no-keywords", "--json"]);
    expect(result.code, result.stderr).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 3, lastMessage: { template_id: templateId } });
  });

  test("with the options of either form alike", async () => {
    const args = ["--keywords", "a,b", "--page", "p", "--limit", "2", "--id"];
    await inPipe(world, ["order-shipped", ...args, "short", "-y"]);
    const short = world.sandbox.stats().lastMessage;
    await giveUsers(world, 3, { prefix: "v" });
    await inPipe(world, ["send", "order-shipped", ...args, "long", "-y"]);
    const { lastMessage, delivered } = world.sandbox.stats();
    expect(delivered).toBe(4);
    expect({ ...lastMessage, touser: "", form_id: "" }).toEqual({ ...short, touser: "", form_id: "" });
  });

  test("and its broadcast's id may be any word", async () => {
    expect((await broadcast(world, ["--id", "list"])).code).toBe(0);
    expect((await inPipe(world, ["show", "list", "--json"])).json()).toMatchObject({ broadcastId: "list" });
  });
});
