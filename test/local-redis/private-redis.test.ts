import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import {
  type PrivateRedis,
  type PrivateRedisOptions,
  startPrivateRedis,
} from "../../src/local-redis/private-redis.ts";
import { isAlive } from "./processes.ts";

const started: PrivateRedis[] = [];

async function start(options?: PrivateRedisOptions): Promise<PrivateRedis> {
  const redis = await startPrivateRedis(options);
  started.push(redis);
  return redis;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
});

/** The replies to inline commands, as they come over the wire. */
function talk(port: number, ...commands: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer));
    socket.write(`${[...commands, "QUIT"].join("\r\n")}\r\n`);
  });
}

test("it serves commands at its address, only on loopback, in a folder of its own, and leaves nothing behind", async () => {
  const redis = await start();
  expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
  expect(await talk(redis.port, "SET a 1", "GET a")).toBe("+OK\r\n$1\r\n1\r\n+OK\r\n");
  expect(await talk(redis.port, "CONFIG GET bind")).toContain("127.0.0.1\r\n+OK");
  expect(await talk(redis.port, "CONFIG GET dir")).toContain(redis.dir);
  expect(isAlive(redis.pid)).toBe(true);
  await redis.stop();
  expect(isAlive(redis.pid)).toBe(false);
  expect(existsSync(redis.dir)).toBe(false);
  await redis.stop();
});

test("two at once have ports, folders and data of their own", async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect(one.port).not.toBe(two.port);
  expect(one.dir).not.toBe(two.dir);
  await talk(one.port, "SET a 1");
  expect(await talk(two.port, "EXISTS a")).toBe(":0\r\n+OK\r\n");
});

test("a persistent one has everything again after a kill, at the same address", async () => {
  const redis = await start({ persistent: true });
  const { pid, port } = redis;
  await talk(port, "SET a 1");
  await redis.kill();
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(redis.dir)).toBe(true);
  await expect(talk(port, "PING")).rejects.toThrow("ECONNREFUSED");
  await redis.restart();
  expect(redis.pid).not.toBe(pid);
  expect(redis.port).toBe(port);
  expect(await talk(port, "GET a")).toContain("$1\r\n1\r\n");
});

test("a restart of a running one ends the old process; without persistence its data is gone", async () => {
  const redis = await start();
  const { pid } = redis;
  await talk(redis.port, "SET a 1");
  await redis.restart();
  expect(isAlive(pid)).toBe(false);
  expect(await talk(redis.port, "EXISTS a")).toBe(":0\r\n+OK\r\n");
});

test("after stop there is nothing to restart", async () => {
  const redis = await start();
  await redis.stop();
  await expect(redis.restart()).rejects.toMatchObject({ kind: "redis" });
});

test("a password is asked for, is in the address, and is not in the arguments", async () => {
  const password = 'p"a s\\s@:/';
  const redis = await start({ password });
  expect(await talk(redis.port, "PING")).toContain("-NOAUTH");
  expect(decodeURIComponent(new URL(redis.url).password)).toBe(password);
  expect(await talk(redis.port, `AUTH ${JSON.stringify(password)}`, "PING")).toBe("+OK\r\n+PONG\r\n+OK\r\n");
  expect(statSync(join(redis.dir, "redis.conf")).mode & 0o077).toBe(0);
  if (existsSync(`/proc/${redis.pid}/cmdline`)) {
    expect(readFileSync(`/proc/${redis.pid}/cmdline`, "utf8")).not.toContain(password);
  }
});

test("arguments are passed on and override ours", async () => {
  const redis = await start({ args: ["--maxmemory", "64mb", "--appendonly", "yes", "--requirepass", "x"] });
  expect(await talk(redis.port, "AUTH x", "CONFIG GET maxmemory")).toContain("67108864");
  expect(await talk(redis.port, "AUTH x", "CONFIG GET appendonly")).toContain("yes");
});

test("a server that does not hear SIGTERM is stopped all the same", async () => {
  const redis = await start();
  process.kill(redis.pid, "SIGSTOP");
  await redis.stop();
  expect(isAlive(redis.pid)).toBe(false);
});

test("a port that somebody else takes first is given up for another", async () => {
  const other = await start();
  const ports = [other.port, await findFreePort()];
  const redis = await start({ findPort: async () => ports.shift() as number });
  expect(redis.port).not.toBe(other.port);
  expect(ports).toEqual([]);
  expect(await talk(redis.port, "PING")).toContain("+PONG");
});

/** Runs the body with a temporary folder of its own for everybody, and returns what is left in it. */
async function leftIn(body: () => Promise<void>): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), "push-cli-tmp-"));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = dir;
  try {
    await body();
    return readdirSync(dir);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(dir, { recursive: true });
  }
}

test("when no port can be had, the error quotes the log and the folder is removed", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as AddressInfo;
  const left = await leftIn(async () => {
    await expect(startPrivateRedis({ findPort: async () => port })).rejects.toMatchObject({
      kind: "redis",
      message: expect.stringMatching(/did not start on port \d+: .*Address already in use/i),
    });
  });
  expect(left).toEqual([]);
  taken.close();
});

test("a setting that the server does not know fails at once, with its own words", async () => {
  const left = await leftIn(async () => {
    await expect(startPrivateRedis({ args: ["--no-such-setting", "1"] })).rejects.toMatchObject({
      kind: "redis",
      message: expect.stringContaining("no-such-setting"),
    });
  });
  expect(left).toEqual([]);
});

/** Runs the body with only these programs on PATH, each a script that prints its version. */
async function withPrograms(programs: Record<string, string>, body: () => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "push-cli-path-"));
  for (const [name, version] of Object.entries(programs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\necho '${version}'\n`);
    chmodSync(join(dir, name), 0o755);
  }
  const path = process.env.PATH;
  process.env.PATH = dir;
  try {
    await body();
  } finally {
    process.env.PATH = path;
    rmSync(dir, { recursive: true });
  }
}

test("without Redis on PATH the error says how to install it", async () => {
  await withPrograms({}, async () => {
    await expect(startPrivateRedis()).rejects.toMatchObject({
      kind: "redis",
      message: expect.stringContaining("redis-server nor valkey-server"),
      hint: expect.stringContaining("install"),
    });
  });
});

test.each([
  [{ "redis-server": "Redis server v=6.0.16 sha=00000000:0" }, "redis-server is version 6.0"],
  [
    { "redis-server": "Redis server v=5.0.7 sha=0", "valkey-server": "Valkey server v=8.0.1" },
    "valkey-server did not start",
  ],
  [{ "redis-server": "something else" }, "names no version"],
  [{ "valkey-server": "Valkey server v=8.0.1 sha=0" }, "valkey-server did not start"],
  [{ "redis-server": "Redis server v=6.2.0 sha=0" }, "redis-server did not start"],
])("with %j on PATH: %s", async (programs, reason) => {
  await withPrograms(programs, async () => {
    await expect(startPrivateRedis()).rejects.toMatchObject({
      kind: "redis",
      message: expect.stringContaining(reason),
    });
  });
});
