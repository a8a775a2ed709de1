import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NO_UNSHARE } from "../helpers/unshare.ts";
import { type Running, useBuiltCli } from "./built-cli.ts";
import { APPID, giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const LOCK = `mina:lock:token:${APPID}`;

/** An API that takes requests and never answers. */
let silent: Server;
const sockets = new Set<Socket>();
beforeAll(async () => {
  silent = createServer((socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => {
  sockets.clear();
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

function startSilenced(argv: string[], asPid1: boolean): Running {
  const env = { PUSH_CLI_API_BASE: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` };
  const args = ["--pid", "--fork", "--mount-proc", process.execPath, cli.program, ...argv];
  return asPid1 ? cli.spawn("unshare", args, { env, stdin: "" }) : cli.start(argv, { env, stdin: "" });
}

function childOf({ child }: Running): number {
  return Number(execFileSync("ps", ["--ppid", String(child.pid), "-o", "pid="], { encoding: "utf8" }).trim());
}

const BROADCAST = ["broadcast", TEMPLATE, "--no-keywords", "--yes"];

describe.each([
  ["token refresh", ["token", "refresh"]],
  ["a broadcast that waits for its token", BROADCAST],
])("%s, against an API that does not answer,", (_, argv) => {
  it("ends by a signal and gives the token lock back", async () => {
    await giveUsers(world, 1);
    const running = startSilenced(argv, false);
    await expect.poll(() => sockets.size).toBe(1);
    expect(await world.redis.client.exists(LOCK)).toBe(1);
    running.child.kill("SIGTERM");
    const { code } = await running.done;
    // By the signal itself, or as one that was waiting for it.
    expect(code ?? running.child.signalCode).toBe(argv === BROADCAST ? 143 : "SIGTERM");
    expect(await world.redis.client.exists(LOCK)).toBe(0);
    expect(running.stderr).not.toMatch(/\n {4}at /);
  });

  it.skipIf(NO_UNSHARE).each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("ends by %s as PID 1 of a container", async (signal, code) => {
    await giveUsers(world, 1);
    const running = startSilenced(argv, true);
    await expect.poll(() => sockets.size).toBe(1);
    process.kill(childOf(running), signal);
    expect((await running.done).code).toBe(code);
    expect(await world.redis.client.exists(LOCK)).toBe(0);
  });
});

it("a broadcast under nohup goes on when its terminal is closed", async () => {
  await giveUsers(world, 200);
  const sending = cli.start([...BROADCAST, "--id", "b1", "--concurrency", "4"], { stdin: "" });
  await expect.poll(() => world.sandbox.stats().delivered, { interval: 10 }).toBeGreaterThan(10);
  sending.child.kill("SIGHUP");
  expect(await sending.done).toMatchObject({ code: 0 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 200, maxPerUser: 1 });
});

it("a second signal ends at once what the first one is draining, and the audit log says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "push-cli-signals-"));
  const file = join(folder, "audit.ndjson");
  world.sandbox.setFaults([{ kind: "slow", percent: 100 }]);
  try {
    await giveUsers(world, 4);
    const sending = cli.start(BROADCAST, { stdin: "", env: { PUSH_CLI_AUDIT_LOG: file } });
    // It says so once it listens to signals.
    await sending.shows(/^broadcast \S+$/m);
    await expect.poll(() => world.sandbox.stats().requests, { interval: 10 }).toBeGreaterThan(1);
    sending.child.kill("SIGINT");
    await sending.shows(/waiting for requests in flight/);
    sending.child.kill("SIGINT");
    expect((await sending.done).code).toBe(130);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ event: "started" }),
      expect.objectContaining({ event: "ended", result: "sigint", exitCode: 130 }),
    ]);
  } finally {
    world.sandbox.setFaults([]);
    rmSync(folder, { recursive: true });
  }
});
