import { afterEach, expect, it } from "vitest";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type Relay, startRelay } from "../helpers/relay.ts";

let redis: TestRedis;
let relay: Relay;
afterEach(async () => {
  await relay.close();
  await redis.stop();
});

it("a cluster whose addresses are of another network is told by them, and what to do", async () => {
  redis = await startTestRedis();
  const info = (await redis.client.info()).replace("cluster_enabled:0", "cluster_enabled:1");
  // TEST-NET-1 of RFC 5737: nobody is there. And a port where nobody listens.
  const announced = ["192.0.2.1", "192.0.2.2", "127.0.0.1"];
  const port = await findFreePort();
  const slots = announced.map((host, i) => [i * 5461, i * 5461 + 5460, [host, port, `id-${i}`]]);
  relay = await startRelay([redis.client], (command) => {
    if (command === "INFO") return { reply: info };
    return command === "CLUSTER" ? { reply: slots } : undefined;
  });
  const { code, stderr } = await runCli(["pool", "list", "--json"], { env: cliEnv(relay.url) });
  expect(code).toBe(6);
  const { message, hint } = JSON.parse(stderr).error;
  const list = announced.map((host) => `${host}:${port}`).join(", ");
  expect(message).toBe(`the cluster at ${relay.url} announces ${list}, which can't be reached from here`);
  expect(hint).toContain("cluster-announce-ip");
});
