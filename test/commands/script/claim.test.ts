import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { beforeAll, describe, expect, it } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import type { BackendScript } from "../../../src/pool/ports.ts";
import { readPage } from "../../help/pages.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const page = readPage("guarantees");
const LATER = Date.now() + 50 * HOUR_MS;
let script: BackendScript;

beforeAll(async () => {
  script = (await world.cli(["script", "claim", "--json"])).json<BackendScript>();
});

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

it("is the one whose SHA1 stands in the manual", () => {
  expect(new Set(page.match(/\b[0-9a-f]{40}\b/g))).toEqual(new Set([script.sha1]));
});

it("refuses to print two things at once, and an example that there is none of", async () => {
  const both = await world.cli(["script", "claim", "--sha1", "--example", "go"]);
  expect([both.code, both.stdout]).toEqual([2, ""]);
  expect(both.stderr).toContain("'--example <language>' cannot be used with option '--sha1'");
  const ruby = await world.cli(["script", "claim", "--example", "ruby"]);
  expect([ruby.code, ruby.stdout]).toEqual([2, ""]);
  expect(ruby.stderr).toContain("java, php, python, go, node");
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

/** The rights of the manual, as ACL SETUSER takes them. */
function readClaimRights(): string[] {
  const [, rights = ""] = /it takes these rights, on the keys of the pools: `([^`]+)`/.exec(page) ?? [];
  return rights.split(" ");
}

/** As a client library does it, from loading the script to putting the code back; what the claim answered. */
async function claimAs(username: string): Promise<unknown> {
  const options = { username, password: "password", enableReadyCheck: false };
  const client = new Redis(world.redis.url, options);
  client.on("error", () => undefined);
  try {
    const sha1 = String(await client.script("LOAD", script.source));
    await client.eval(script.source, 1, "mina:openid:oNobody", 0);
    const reply = (await client.evalsha(sha1, 1, "mina:openid:oA", 0)) as string[];
    await client.lpush("mina:openid:oA", reply[3]!);
    return reply;
  } finally {
    client.disconnect();
  }
}

describe("the script", () => {
  const unknown = "\xac\xed\x00\x05sr\xff";
  const good = plainEntry("good", LATER);

  it("takes the first valid code, drops expired ones before it, and leaves the rest", async () => {
    const rest = [plainEntry("next", LATER), plainEntry("old", 1_568_000_000_000)];
    await world.redis.push("oA", plainEntry("older", 1_568_000_000_000), unknown, good, ...rest);
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
    await world.redis.push("oA", unknown, plainEntry("old", 1_568_000_000_000));
    expect(await claim("oA")).toBeUndefined();
    expect(await world.redis.entries("oA")).toEqual([unknown]);
    expect(await claim("oNobody")).toBeUndefined();
    await world.redis.client.set("mina:openid:oText", "x");
    expect(await claim("oText")).toBeUndefined();
  });

  it("goes through a long pool in steps", async () => {
    const old = Array.from({ length: 3000 }, (_, i) =>
      i % 2 === 0 ? plainEntry(`old${i}`, 1_568_000_000_000) : `odd${i}`,
    );
    await world.redis.push("oA", ...old, good);
    expect(String((await claim("oA"))![0])).toBe("good");
    expect(await world.redis.client.llen("mina:openid:oA")).toBe(1500);
  });

  it("works with the rights that the manual names; without one of them nothing is taken", async () => {
    const odd = "not a code";
    const pool = [
      plainEntry("older", 1_568_000_000_000),
      odd,
      plainEntry("old", 1_568_000_000_000),
      good,
      odd,
    ];
    const rights = readClaimRights();
    for (const without of [undefined, ...rights]) {
      await world.redis.client.flushall();
      await world.redis.push("oA", ...pool);
      const given = rights.filter((right) => right !== without);
      const words = ["on", ">password", "resetkeys", "~mina:openid:*", "-@all", ...given];
      await world.redis.client.call("ACL", "SETUSER", "backend", "reset", ...words);
      const done = claimAs("backend");
      if (without === undefined) {
        expect(await done).toEqual([1, "good", String(LATER), good]);
        expect(await world.redis.entries("oA")).toEqual([good, odd, odd]);
      } else {
        await expect(done, `without ${without}`).rejects.toThrow(/NOPERM|ACL failure|can't run this command/);
        // LPUSH is not the script's own: it is for putting back what was taken.
        if (without !== "+lpush") expect(await world.redis.entries("oA"), `without ${without}`).toEqual(pool);
      }
    }
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
    world.cli(["broadcast", "t1", "--yes", "--no-keywords", "--json"]),
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
