import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { plainEntry } from "../helpers/redis.ts";
import { fakeIo } from "../output/fake-io.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "production-"));
  const profiles = { live: { production: true }, test: {} };
  writeFileSync(join(cwd, "push-cli.config.json"), JSON.stringify({ profiles }));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
beforeEach(() => world.redis.push("oAlice", plainEntry("form1", Date.now() + HOUR_MS)));

/** What a terminal with colours shows on stdout and stderr, when the question is answered with no. */
async function onScreen(argv: string[]): Promise<string> {
  const terminals = ["stdin", "stdout", "stderr"] as const;
  const io = fakeIo({ terminals: [...terminals], columns: 120, env: { TERM: "xterm", ...world.env }, cwd });
  io.stdin.end("n\n");
  await main(argv, io);
  return io.stdout.text() + io.stderr.text();
}

const RED = (text: string) => `\x1b[31m${text}\x1b[39m`;
const SEND = ["broadcast", "order-shipped", "--keywords", "a,b"];

describe.each([
  ["broadcast", SEND, "Send to 1 user?"],
  ["pool remove", ["pool", "remove", "oAlice"], "Remove 1 pool?"],
  ["token refresh --force", ["token", "refresh", "--force"], "Replace the token of wx-sandbox?"],
  ["broadcast resume", ["broadcast", "resume", "b", "--limit", "none"], "user?"],
  ["broadcast delete", ["broadcast", "delete", "b"], "Delete broadcast b?"],
])("the question of %s", (_, argv, question) => {
  beforeEach(async () => {
    await world.redis.push("oBob", plainEntry("form2", Date.now() + HOUR_MS));
    if (argv[1] !== "resume" && argv[1] !== "delete") await world.redis.client.del("mina:openid:oBob");
    else await world.cli([...SEND, "--yes", "--limit", "1", "--id", "b"]);
  });

  it("names a production profile in red", async () => {
    const shown = await onScreen([...argv, "--profile", "live"]);
    expect(shown).toMatch(new RegExp(`${literal(RED("[live, production]"))} .*${literal(question)}`));
  });

  it("names another one as it is, and none where there is none", async () => {
    const shown = await onScreen([...argv, "--profile", "test"]);
    expect(shown).toMatch(new RegExp(`^\\[test\\] .*${literal(question)}`, "m"));
    expect(shown).not.toContain("production");
    const plain = await onScreen(argv);
    expect(plain).toContain(question);
    expect(plain).not.toMatch(/^\[\w+\] /m);
  });
});

it("preview and dry run name it in red, too", async () => {
  const line = new RegExp(`^profile +${literal(RED("live, production"))}$`, "m");
  expect(await onScreen([...SEND, "--profile", "live"])).toMatch(line);
  expect(await onScreen([...SEND, "--profile", "live", "--dry-run"])).toMatch(line);
  expect(await onScreen([...SEND, "--profile", "test", "--dry-run"])).toMatch(/^profile +test$/m);
});

function literal(text: string): string {
  return text.replace(/[[\]?()*.]/g, "\\$&");
}
