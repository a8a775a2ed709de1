import { statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { expectRefusal } from "../refusal.ts";
import { useWorld } from "../world.ts";
import { SECRET, useCollectors } from "./running.ts";

const world = useWorld();
const collectors = useCollectors(world);
const env = { PUSH_CLI_COLLECTOR_SECRET: SECRET };

async function listening(where: { path: string } | { port: number; host: string }): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(where, resolve));
  return server;
}

it("a socket is for owner and group, and gone afterwards", async () => {
  const collector = await collectors.start();
  expect(statSync(collector.socketPath).mode & 0o777).toBe(0o660);
  await collector.end();
  expect(() => statSync(collector.socketPath)).toThrow("ENOENT");
});

it("a socket that somebody listens at is refused, and stays", async () => {
  const collector = await collectors.start();
  const argv = ["collector", "--listen", `unix:${collector.socketPath}`];
  const refusal = { kind: "usage", message: /can't listen on .*: it is in use$/ } as const;
  await expectRefusal(world.cli, argv, refusal, { env });
  expect((await collector.ask("/healthz")).status).toBe(200);
  await collector.end();
});

it("an address that is taken, or is not this machine's, is refused", async () => {
  const server = await listening({ port: 0, host: "127.0.0.1" });
  const { port } = server.address() as { port: number };
  const refused = (listen: string, message: RegExp) =>
    expectRefusal(world.cli, ["collector", "--listen", listen], { kind: "usage", message }, { env });
  await refused(`127.0.0.1:${port}`, /can't listen on port "\d+" of 127.0.0.1: it is in use$/);
  await refused("192.0.2.1:8787", /can't listen on port "8787" of 192.0.2.1: /);
  await refused(`unix:${join(collectors.folder, "none", "a.sock")}`, /can't listen on the socket ".*": /);
  await new Promise((resolve) => server.close(resolve));
});
