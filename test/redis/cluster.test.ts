import { afterAll, beforeAll, expect, it } from "vitest";
import { slotOf } from "../../src/redis/slots.ts";
import { startTestCluster, type TestCluster } from "../helpers/cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  const at = performance.now();
  cluster = await startTestCluster();
  console.log("up in", performance.now() - at);
}, 60_000);
afterAll(() => cluster?.stop());

it("starts", async () => {
  console.log((await cluster.masters()).map((m) => m.port), slotOf("foo"));
  await cluster.client.set("a", "b");
});
