import { once } from "node:events";
import { messageOf } from "../errors.ts";
import { createApp } from "./app.ts";
import { makeDeadlines } from "./deadlines.ts";
import { identifyBy } from "./identify.ts";
import { openJournal } from "./journal.ts";
import { askRedisWith, type Kit } from "./kit.ts";
import { listen } from "./listen.ts";
import { openMetrics } from "./metrics.ts";
import { type CollectorOptions, LIMITS } from "./options.ts";
import { callbackRoutes, loginRoutes, reportRoutes, watchRoutes } from "./routes.ts";
import { openSessions } from "./session.ts";

export interface RunningCollector {
  /** `http://127.0.0.1:8080`, or `unix:` and a path. */
  address: string;
  /** Accepts no more requests, finishes those in progress, and closes, within `stopMs`. The books stay open. */
  stop(): Promise<void>;
}

/**
 * Serves reports and callbacks until it is stopped. The options determine the routes: `/codes` and `/consents` need a way to
 * identify users, `/login` a platform and a secret, `/callback` a reader. Throws `usage` errors (it can't listen) and
 * `config` errors (secret, lifetime of sessions).
 */
export async function startCollector(options: CollectorOptions): Promise<RunningCollector> {
  const kit = await makeKit(options);
  const sessions = options.session && (await openSessions(options.session, options.clock));
  const identify = identifyBy(options, sessions);
  const { callback } = options;
  const { server, refuseAll } = createApp(kit, [
    ...watchRoutes(kit),
    ...(identify ? reportRoutes(kit, identify) : []),
    ...(sessions ? loginRoutes(kit, sessions) : []),
    ...(callback ? callbackRoutes(kit, callback) : []),
  ]);
  const address = await listen(server, options.listen);
  // A connection that can't be accepted (no buffer is free, for example) does not end the process.
  server.on("error", (error) => kit.journal.write("error", "accept", { message: messageOf(error) }));
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    refuseAll();
    const ended = new AbortController();
    const late = options.clock.sleep(kit.limits.stopMs, ended.signal);
    void late.then(() => server.closeAllConnections());
    server.close();
    await once(server, "close");
    ended.abort();
  };
  return {
    address,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function makeKit(options: CollectorOptions): Promise<Kit> {
  const base = {
    options,
    limits: { ...LIMITS, ...options.limits },
    metrics: await openMetrics(),
    journal: openJournal(options),
    within: makeDeadlines(options.clock),
  };
  return { ...base, askRedis: askRedisWith(base) };
}
