import { afterEach, expect, it } from "vitest";
import { checkConnection } from "../../../src/platforms/http/check-connection.ts";
import { type HttpDouble, serveHttp } from "../servers.ts";

const servers: HttpDouble[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

it("says of a server that takes a connection and stays silent that there is no answer", async () => {
  const silent = await serveHttp(() => {});
  servers.push(silent);
  const steps = await checkConnection({ apiBase: silent.base, network: {}, timeoutMs: 500 });
  expect(steps.map(({ name, isOk }) => [name, isOk])).toEqual([
    ["dns", true],
    ["tcp", true],
    ["http", false],
  ]);
  expect(steps.at(-1)?.found).toMatch(/^no answer within 0\.5 s/);
});
