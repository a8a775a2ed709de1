import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import type { BackendScript } from "../../../src/pool/ports.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";
import { LANGUAGES } from "./languages.ts";

/** The examples as they are printed, run against a real Redis in every language that is on this machine. */
const world = useWorld();
const LATER = Date.now() + 50 * HOUR_MS;
const run = promisify(execFile);
/** Below node_modules, so that the example for Node finds ioredis. */
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/push-cli");
/** Of each language and client: the folder that its example is in, and the command; or why it can't be run here. */
const built = LANGUAGES.map((language) => ({ ...language, dir: "", command: [""], missing: "" }));
let script: BackendScript;

beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  script = (await world.cli(["script", "claim", "--json"])).json<BackendScript>();
  for (const example of built) {
    const dir = mkdtempSync(join(CACHE, `${example.name}-`));
    const { stdout } = await world.cli(["script", "claim", "--example", example.name]);
    expect(stdout).toBe(script.examples[example.name]);
    writeFileSync(join(dir, example.file), stdout);
    writeFileSync(join(dir, "claim.lua"), script.source);
    example.dir = dir;
    example.missing = await example.find().then(
      () => "",
      (error: unknown) => String(error).split("\n", 1).join(),
    );
    if (example.missing === "") example.command = await example.build(dir);
  }
});
afterAll(() => {
  for (const { dir } of built) if (dir) rmSync(dir, { recursive: true, force: true });
});

/** One run of an example: the line that it prints. */
async function claim({ dir, command }: (typeof built)[number], ...args: string[]): Promise<string> {
  const [program = "", ...first] = command;
  const { hostname, port } = new URL(world.redis.url);
  const settings = { REDIS_URL: world.redis.url, REDIS_HOST: hostname, REDIS_PORT: port };
  const { stdout } = await run(program, [...first, ...args], {
    cwd: dir,
    env: { ...process.env, ...settings },
  });
  return stdout.trim();
}

describe.each(built)("the example for $name, with $client", (example) => {
  beforeEach(({ skip }) => skip(example.missing !== "", `can't be run here: ${example.missing}`));

  it("takes codes, one after the other, and puts one back", async () => {
    await world.redis.client.script("FLUSH");
    const odd = "\xff not understood";
    const entries = [plainEntry("one", LATER), odd, plainEntry("two", LATER)];
    await world.redis.push("oA", plainEntry("old", 1_568_000_000_000), ...entries);
    expect(await claim(example, "oA", "put-back")).toBe("one");
    expect(await world.redis.entries("oA")).toEqual(entries);
    expect(await claim(example, "oA")).toBe("one");
    expect(await world.redis.entries("oA")).toEqual([odd, plainEntry("two", LATER)]);
    expect(await claim(example, "oA")).toBe("two");
    expect(await claim(example, "oA")).toBe("no code");
    expect(await world.redis.entries("oA")).toEqual([odd]);
    expect(await world.redis.client.pttl("mina:openid:oA")).toBe(-1);
  });

  it("goes on where a call stopped in a long pool", async () => {
    const odd = Array.from({ length: 900 }, (_, i) => `odd ${i}`);
    await world.redis.push("oA", ...odd, plainEntry("last", LATER));
    expect(await claim(example, "oA")).toBe("last");
    expect(await world.redis.entries("oA")).toEqual(odd);
  });
});

const USERS = 24;

it("all of them and a broadcast at the same time on the same pools: no code twice, none lost", async () => {
  const users = Array.from({ length: USERS }, (_, i) => `o${i}`);
  const codes = users.flatMap((openId) => ["a", "b", "c"].map((code) => `${openId}-${code}`));
  for (const code of codes) await world.redis.push(code.slice(0, code.indexOf("-")), plainEntry(code, LATER));
  const backends = built.filter(({ missing }) => missing === "");
  expect(backends.length).toBeGreaterThan(0);
  const taken: string[] = [];
  // Each has a third of the users in its way, another third each, so that they meet at some pools and empty them.
  const backend = async (example: (typeof built)[number], n: number) => {
    for (let i = 0; i < USERS / 3; i++) {
      const said = await claim(example, users[(n * 5 + i) % USERS]!);
      if (said !== "no code") taken.push(said);
    }
  };
  const args = ["--yes", "--no-keywords", "--json", "--concurrency", "1", "--rate", "10/s"];
  const [sent] = await Promise.all([
    world.cli(["broadcast", "t1", ...args]),
    ...[...backends, ...backends].map(backend),
  ]);
  const { outcomes } = sent.json<BroadcastResult>();
  const entries = (await Promise.all(users.map((openId) => world.redis.entries(openId)))).flat();
  const left = entries.map((entry) => (JSON.parse(entry) as { formId: string }).formId);
  expect(sent.code, sent.stderr).toBe(0);
  expect(taken.length).toBeGreaterThan(USERS / 3);
  expect(new Set([...taken, ...left]).size).toBe(taken.length + left.length);
  expect(world.sandbox.stats()).toMatchObject({ codesUsed: outcomes.sent, duplicates: 0, byErrcode: {} });
  expect(taken.length + left.length + outcomes.sent).toBe(codes.length);
});
