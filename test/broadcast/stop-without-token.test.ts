import { expect, onTestFinished, test } from "vitest";
import { whyWaiting } from "../../src/broadcast/waiting.ts";
import type { AccessTokens } from "../../src/token/ports.ts";
import { createSender } from "../platforms/open.ts";
import { serveHttp } from "../platforms/servers.ts";
import { drive, MESSAGE } from "./drive.ts";
import { giveUsers, useWorld } from "./world.ts";

const world = useWorld();

test("a stop does not wait for a token that is not given", async () => {
  await giveUsers(world, 20);
  const api = await serveHttp((response) => response.end('{"errcode":42001,"errmsg":"expired"}'));
  const sender = await createSender({
    apiBase: api.base,
    concurrency: 4,
    timeoutMs: 60_000,
    message: MESSAGE,
  });
  let stop = () => {};
  let waiting: string | undefined;
  let asked = 0;
  const tokens: AccessTokens = {
    cached: () => "old-token",
    current: async () => "old-token",
    renew: () => {
      if (++asked === 4) setImmediate(stop);
      return new Promise<never>(() => {});
    },
  };
  const { result } = await drive(world, {
    concurrency: 4,
    drainMs: 600_000,
    ports: { sender, tokens },
    onStart: (run) => {
      stop = () => {
        waiting = whyWaiting(run);
        run.stop({ status: "interrupted", exit: "sigterm", message: "interrupted (SIGTERM)" });
      };
    },
  });
  onTestFinished(async () => {
    await sender.close();
    await api.close();
  });
  expect(waiting).toBe("waiting for an access token");
  // Whoever waits for the token keeps the code for the resume; nobody's is lost.
  expect(result).toMatchObject({ status: "interrupted", open: 4, codes: { spent: 0 } });
});
