import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startWorld } from "./world.ts";

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "push-cli-listen-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function statusOf(socketPath: string): Promise<number> {
  const [answer] = await once(request({ socketPath, path: "/healthz" }).end(), "response");
  answer.resume();
  return answer.statusCode;
}

test("on a unix socket, with its rights", async () => {
  const socketPath = join(makeFolder(), "collector.sock");
  const world = await startWorld({ listen: { socketPath, mode: 0o660 } });
  expect(world.url).toBe(`unix:${socketPath}`);
  expect(await statusOf(socketPath)).toBe(200);
  expect(statSync(socketPath).mode & 0o777).toBe(0o660);
  await world.collector.stop();
  expect(existsSync(socketPath)).toBe(false);
});

test("a socket that a killed process left behind is taken over, one that is in use is not", async () => {
  const socketPath = join(makeFolder(), "collector.sock");
  const script = `require("net").createServer().listen(${JSON.stringify(socketPath)}, () => console.log("up"))`;
  const killed = spawn(process.execPath, ["-e", script]);
  await once(killed.stdout, "data");
  await expect(startWorld({ listen: { socketPath } })).rejects.toMatchObject({
    kind: "usage",
    message: `can't listen on the socket "${socketPath}": it is in use`,
  });
  killed.kill("SIGKILL");
  await once(killed, "exit");
  expect(existsSync(socketPath)).toBe(true);
  await startWorld({ listen: { socketPath } });
  expect(await statusOf(socketPath)).toBe(200);
});

test("a file that is no socket is left alone", async () => {
  const socketPath = join(makeFolder(), "notes.txt");
  writeFileSync(socketPath, "important");
  await expect(startWorld({ listen: { socketPath } })).rejects.toMatchObject({ kind: "usage" });
  expect(statSync(socketPath).size).toBe(9);
});

test("a port that is in use is named, with what to do", async () => {
  const { url } = await startWorld();
  const port = Number(new URL(url).port);
  await expect(startWorld({ listen: { host: "127.0.0.1", port } })).rejects.toMatchObject({
    kind: "usage",
    message: `can't listen on port "${port}" of 127.0.0.1: it is in use`,
    hint: "choose another port, or 0 for any free one",
  });
});

test("an address of IPv6 is in brackets", async () => {
  const world = await startWorld({ listen: { host: "::1", port: 0 } });
  expect(world.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await world.ask("/healthz")).status).toBe(200);
});
