import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { LookupFunction } from "node:net";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type Http, openHttp } from "../../../src/platforms/http/http.ts";
import { freePort, serveHttp } from "../servers.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An address of loopback that swallows what is sent to it: a stopped process whose queue of connections is full. */
async function blackHole(): Promise<{ address: string; port: number }> {
  const script = `const s = require("net").createServer(); s.listen({ port: 0, host: "127.0.0.2", backlog: 1 }, () => console.log(s.address().port))`;
  const child: ChildProcess = spawn(process.execPath, ["-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanups.push(() => child.kill("SIGKILL"));
  const [port] = await once(createInterface(child.stdout!), "line");
  child.kill("SIGSTOP");
  // Until one hangs.
  for (let taken = true; taken; ) {
    const socket: Socket = connect(Number(port), "127.0.0.2");
    cleanups.push(() => socket.destroy());
    socket.on("error", () => {});
    const hung = sleep(300).then(async () => {
      // What came while this process had no core is seen first.
      await new Promise((resolve) => setImmediate(resolve));
      return !socket.connecting;
    });
    taken = await Promise.race([once(socket, "connect").then(() => true), hung]);
  }
  return { address: "127.0.0.2", port: Number(port) };
}

function resolver(addresses: string[]): LookupFunction & { asked: number } {
  const lookup: LookupFunction = (_hostname, _options, callback) => {
    counted.asked++;
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
  const counted = Object.assign(lookup, { asked: 0 });
  return counted;
}

async function open(port: number, lookup: LookupFunction, timeoutMs = 4000): Promise<Http> {
  const origin = `http://api.test:${port}`;
  const http = await openHttp({ origin, host: "api.test", connections: 1, timeoutMs, network: { lookup } });
  cleanups.push(() => http.close());
  return http;
}

const REQUEST = { method: "GET", path: "/" } as const;

it("a host with a dead address and a live one is reached, and later at once", async () => {
  const hole = await blackHole();
  const server = await serveHttp(
    (response) => response.setHeader("connection", "close").end("{}"),
    hole.port,
  );
  cleanups.push(() => server.close());
  const lookup = resolver([hole.address, "127.0.0.1"]);
  const http = await open(hole.port, lookup);
  expect(await http.request(REQUEST)).toMatchObject({ kind: "answer", status: 200 });
  for (let i = 0; i < 30; i++) expect(await http.request(REQUEST)).toMatchObject({ kind: "answer" });
  expect(lookup.asked, "no connection was used twice").toBe(31);
  // Thirty attempts at the dead address would take 30 s.
});

it("a host of more dead addresses than there is time for is reached by the next tries", async () => {
  const hole = await blackHole();
  const server = await serveHttp((response) => response.end("{}"), hole.port);
  cleanups.push(() => server.close());
  const http = await open(hole.port, resolver([...Array(6).fill(hole.address), "127.0.0.1"]), 1200);
  const kinds: string[] = [];
  do kinds.push((await http.request(REQUEST)).kind);
  while (kinds.at(-1) === "failure" && kinds.length < 10);
  expect(kinds.at(-1)).toBe("answer");
});

it("a host of dead addresses alone fails with words", async () => {
  const port = await freePort();
  const http = await open(port, resolver(["127.0.0.3", "127.0.0.4"]));
  expect(await http.request(REQUEST)).toMatchObject({
    kind: "failure",
    sent: false,
    reason: "connection refused by api.test",
  });
});
