import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import type { BackendScript } from "../../../src/pool/ports.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const LATER = Date.now() + 50 * HOUR_MS;
const run = promisify(execFile);
/** Below node_modules, so that the example for Node finds ioredis. */
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/push-cli");
let dir: string;
let script: BackendScript;

beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  dir = mkdtempSync(join(CACHE, "claim-"));
  script = (await world.cli(["script", "claim", "--json"])).json<BackendScript>();
  writeFileSync(join(dir, "claim.lua"), script.source);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it("prints the source alone, and the SHA1 by which Redis knows it", async () => {
  const { code, stdout } = await world.cli(["script", "claim"]);
  expect(code).toBe(0);
  expect(stdout).toBe(script.source);
  expect(stdout).toMatch(/^-- Takes the first valid code off one user's pool/);
  const sha1 = createHash("sha1").update(stdout).digest("hex");
  expect(await world.redis.client.script("LOAD", stdout)).toBe(sha1);
  expect(script.sha1).toBe(sha1);
  expect((await world.cli(["script", "claim", "--sha1"])).stdout).toBe(`${sha1}\n`);
  expect(script.header).toMatch(/KEYS {2}1 the pool[\s\S]*ARGV {2}1 list index[\s\S]*Returns an array/);
});

/** Calls the script until it has an answer. */
async function claim(openId: string): Promise<Buffer[] | undefined> {
  const pool = `mina:openid:${openId}`;
  for (let from = 0; ; ) {
    const [state, ...rest] = (await world.redis.client.callBuffer(
      "EVAL",
      script.source,
      "1",
      pool,
      String(from),
    )) as [number, ...Buffer[]];
    if (state === 0) return undefined;
    if (state === 1) return rest;
    from = Number(rest[0]);
  }
}

describe("the script", () => {
  const unknown = "\xac\xed\x00\x05sr\xff";
  const good = plainEntry("good", LATER);

  it("takes the first valid code, drops expired ones before it, and leaves the rest", async () => {
    const rest = [plainEntry("next", LATER), plainEntry("old", 1)];
    await world.redis.push("oA", plainEntry("older", 1), unknown, good, ...rest);
    const [formId, expire, entry] = (await claim("oA"))!;
    expect([String(formId), Number(expire), entry!.toString("latin1")]).toEqual(["good", LATER, good]);
    expect(await world.redis.entries("oA")).toEqual([unknown, ...rest]);
    await world.redis.client.lpush("mina:openid:oA", entry!);
    expect(await world.redis.entries("oA")).toEqual([good, unknown, ...rest]);
    expect(await world.redis.client.ttl("mina:openid:oA")).toBe(-1);
  });

  it("takes one use of a code with several", async () => {
    await world.redis.push("oA", JSON.stringify({ formId: "pre", expire: LATER, uses: 3 }));
    const [formId, , entry] = (await claim("oA"))!;
    expect(String(formId)).toBe("pre");
    expect(JSON.parse(entry!.toString())).toEqual({ formId: "pre", expire: LATER, uses: 1 });
    expect(await world.redis.entries("oA")).toEqual([
      JSON.stringify({ formId: "pre", expire: LATER, uses: 2 }),
    ]);
  });

  it("finds no code in a pool without a valid one, in none, and in what is no pool", async () => {
    await world.redis.push("oA", unknown, plainEntry("old", 1));
    expect(await claim("oA")).toBeUndefined();
    expect(await world.redis.entries("oA")).toEqual([unknown]);
    expect(await claim("oNobody")).toBeUndefined();
    await world.redis.client.set("mina:openid:oText", "x");
    expect(await claim("oText")).toBeUndefined();
  });

  it("goes through a long pool in steps", async () => {
    const old = Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? plainEntry(`old${i}`, 1) : `odd${i}`));
    await world.redis.push("oA", ...old, good);
    expect(String((await claim("oA"))![0])).toBe("good");
    expect(await world.redis.client.llen("mina:openid:oA")).toBe(1500);
  });
});

interface Language {
  name: keyof BackendScript["examples"];
  file: string;
  command: string[];
  /** Whether language and client are on this machine. */
  there(): Promise<unknown>;
}

const JEDIS = [
  "/usr/share/java/jedis.jar",
  "/usr/share/java/commons-pool2.jar",
  "/usr/share/java/slf4j-api.jar",
];

const LANGUAGES: Language[] = [
  { name: "node", file: "claim.mjs", command: [process.execPath, "claim.mjs"], there: async () => true },
  {
    name: "python",
    file: "claim.py",
    command: ["/usr/bin/python3", "claim.py"],
    there: () => run("/usr/bin/python3", ["-c", "import redis"]),
  },
  {
    name: "php",
    file: "claim.php",
    command: ["php", "claim.php"],
    there: () => run("php", ["-r", "new Redis();"]),
  },
  {
    name: "java",
    file: "Claim.java",
    command: ["java", "-cp", JEDIS.join(":"), "Claim.java"],
    there: async () => {
      if (!JEDIS.every((jar) => existsSync(jar))) throw new Error("no Jedis");
      return run("java", ["-version"]);
    },
  },
  {
    name: "go",
    file: "claim.go",
    command: ["go", "run", "claim.go"],
    // With the library in the module cache, or not at all: nothing is fetched here.
    there: () =>
      run("go", ["list", "github.com/redis/go-redis/v9"], {
        env: { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off" },
      }),
  },
];

describe.each(LANGUAGES)("the example for $name", ({ name, file, command, there }) => {
  it("takes codes, one after the other, and puts one back", { timeout: 60_000 }, async (test) => {
    const missing = await there().then(
      () => undefined,
      (error: Error) => error.message.split("\n")[0],
    );
    test.skip(missing !== undefined, `not on this machine: ${missing}`);
    const example = (await world.cli(["script", "claim", "--example", name])).stdout;
    writeFileSync(join(dir, file), example);
    await world.redis.client.script("FLUSH");
    const entries = [plainEntry("one", LATER), "\xff not understood", plainEntry("two", LATER)];
    await world.redis.push("oA", ...entries);
    const [program = "", ...args] = command;
    const url = new URL(world.redis.url);
    const env = {
      ...process.env,
      REDIS_URL: world.redis.url,
      REDIS_HOST: url.hostname,
      REDIS_PORT: url.port,
    };
    const call = async (...more: string[]) =>
      (await run(program, [...args, "oA", ...more], { cwd: dir, env })).stdout;
    expect(await call("put-back")).toBe("one\n");
    expect(await world.redis.entries("oA")).toEqual(entries);
    expect(await call()).toBe("one\n");
    expect(await call()).toBe("two\n");
    expect(await call()).toBe("no code\n");
    expect(await world.redis.entries("oA")).toEqual([entries[1]]);
  });
});

it("backends that claim with it and a broadcast share the pools: no code twice, none lost", async () => {
  const users = Array.from({ length: 200 }, (_, i) => `o${i}`);
  const batch = world.redis.client.pipeline();
  for (const openId of users)
    for (const n of [1, 2, 3]) batch.rpush(`mina:openid:${openId}`, plainEntry(`${openId}-${n}`, LATER));
  await batch.exec();
  const taken: string[] = [];
  const backend = async (from: number) => {
    for (let i = 0; i < users.length; i++) {
      const code = await claim(users[(from + i) % users.length]!);
      if (code) taken.push(String(code[0]));
    }
  };
  const [sent] = await Promise.all([
    world.cli(["broadcast", "t1", "--yes", "--json"]),
    backend(0),
    backend(100),
  ]);
  const { outcomes } = sent.json<BroadcastResult>();
  const left = (await Promise.all(users.map((openId) => world.redis.entries(openId)))).flat();
  const used = world.sandbox.stats().codesUsed;
  expect(outcomes.sent).toBe(used);
  expect(new Set(taken).size).toBe(taken.length);
  expect(taken.length + used + left.length).toBe(600);
});
