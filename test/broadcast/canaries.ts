import { startBroadcast } from "../../src/broadcast/broadcast.ts";
import type { Canary } from "../../src/broadcast/canary.ts";
import type { BroadcastDeps, Ended } from "../../src/broadcast/deps.ts";
import type { EngineOptions } from "../../src/broadcast/engine-options.ts";
import { resumeBroadcast } from "../../src/broadcast/resume.ts";
import type { Clock } from "../../src/clock.ts";
import { engineOptions, MESSAGE, openRunDeps } from "./drive.ts";
import type { World } from "./world.ts";

export const CANARY: Canary = { share: 0.2, seed: "b-1", waitMs: 600_000, maxFailed: 0.05, maxRejected: 0.2 };

interface Process {
  clock: Clock;
  canary?: Canary;
  /** Resumes b-1 instead of starting it. */
  resume?: { join?: boolean; acceptCanary?: boolean };
  engine?: Partial<EngineOptions>;
  ports?(deps: BroadcastDeps): Partial<BroadcastDeps>;
}

/** A run of the broadcast b-1 below the command line, with a clock of its own. */
export async function runCanary(
  world: World,
  { clock, canary = CANARY, resume, engine = {}, ports = () => ({}) }: Process,
): Promise<Ended> {
  const opened = await openRunDeps(world, { clock });
  const deps = { ...opened.deps, ...ports(opened.deps) };
  try {
    if (resume)
      return await resumeBroadcast({ ...deps, say: () => {} }, "b-1", {
        engine: engineOptions(engine),
        retry: [],
        join: false,
        ...resume,
      });
    return await startBroadcast(deps, {
      id: "b-1",
      appid: "wx-sandbox",
      apiBase: world.sandbox.url,
      channel: "wechat-template",
      message: MESSAGE,
      audience: { kind: "pools" },
      engine: engineOptions(engine),
      canary: { ...canary },
    });
  } finally {
    await opened.close();
  }
}
