import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../structure/files.ts";
import type { Told } from "./forgetful.ts";
import { openRaw } from "./raw.ts";
import { type RandomRequest, randomRequest } from "./request-arbitraries.ts";
import { signToken } from "./world.ts";

const AT_ONCE = 10;
const TIMES = 1000;

/** The collector in a process of its own, and a way to ask it for its heap. */
async function startForgetful() {
  const outfile = join(ROOT, "node_modules", ".cache", "push-cli", `forgetful-${process.pid}.mjs`);
  const entryPoints = [join(ROOT, "test", "collector", "forgetful.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", packages: "external" });
  const child = fork(outfile, [], { execArgv: ["--expose-gc"] });
  onTestFinished(() => {
    child.kill();
    rmSync(outfile);
  });
  const next = async () => (await once(child, "message"))[0] as Told;
  const { address = "" } = await next();
  const look = async () => {
    const told = next();
    child.send("look");
    return told;
  };
  return { url: address, look };
}

async function send(url: string, { method, target, headers, body }: RandomRequest): Promise<string> {
  const raw = await openRaw(url);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: x",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  raw.send(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]));
  return raw.closed;
}

/** Of the last answer: 100 Continue may come before. */
function statusOf(text: string): number {
  return Number([...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].at(-1)?.[1] ?? Number.NaN);
}

test("10,000 random requests: no 5xx, no crash, and memory does not grow", async () => {
  const { url, look } = await startForgetful();
  const tokens = await Promise.all(["oUser1", "oUser2", "oUser3"].map((openId) => signToken(openId)));
  const statuses = new Map<number, number>();
  const heaps: number[] = [];
  let requests = 0;
  const property = fc.asyncProperty(
    fc.array(randomRequest(tokens), { minLength: AT_ONCE, maxLength: AT_ONCE }),
    async (batch) => {
      const answers = await Promise.all(batch.map((request) => send(url, request)));
      for (const [i, text] of answers.entries()) {
        const status = statusOf(text);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        // Node has nothing to say to CONNECT, and nobody is a proxy here.
        if (batch[i]!.method !== "CONNECT")
          expect(status, `${describe(batch[i]!)}\n${text}`).toBeLessThan(500);
      }
      requests += batch.length;
      if (requests % 2000 === 0) heaps.push((await look()).heapBytes!);
    },
  );
  // Requests of a failure are shown as they came: shrinking would send them for hours.
  await fc.assert(property, { numRuns: TIMES, endOnFailure: true }).catch(async (error) => {
    throw new Error(JSON.stringify(await look()), { cause: error });
  });
  expect((await look()).failures).toEqual([]);
  // All of these were reached, or the requests were not random enough.
  for (const status of [200, 400, 401, 403, 404, 405, 413, 415])
    expect([status, statuses.get(status) ?? 0]).toEqual([status, expect.toSatisfy((many) => many > 0)]);
  expect(heaps.at(-1)! / heaps[0]!).toBeLessThan(1.2);
}, 600_000);

function describe({ method, target, headers, body }: RandomRequest): string {
  return JSON.stringify([method, target, headers, body.toString("latin1", 0, 200)]);
}
