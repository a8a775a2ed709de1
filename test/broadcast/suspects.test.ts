import { expect, onTestFinished, test } from "vitest";
import { createSender } from "../platforms/open.ts";
import { type HttpDouble, type Received, serveHttp } from "../platforms/servers.ts";
import { drive, hurriedClock, MESSAGE } from "./drive.ts";
import { giveUsers, outcomes, useWorld } from "./world.ts";

const world = useWorld();

/** An API that loses the requests for which `breaks` says so, and refuses what is for nobody. */
async function serveApi(breaks: (toUser: string) => boolean): Promise<HttpDouble> {
  const api = await serveHttp((response, request) => {
    const toUser = toUserOf(request);
    if (toUser === "") response.end('{"errcode":40003,"errmsg":"invalid openid"}');
    else if (breaks(toUser)) response.destroy();
    else response.end('{"errcode":0,"errmsg":"ok"}');
  });
  onTestFinished(() => api.close());
  return api;
}

function toUserOf({ body }: Received): string {
  return (JSON.parse(body) as { touser: string }).touser;
}

async function driveThrough({ base }: HttpDouble, concurrency: number) {
  const sender = await createSender({ apiBase: base, concurrency, timeoutMs: 2000, message: MESSAGE });
  onTestFinished(() => sender.close());
  return drive(world, { clock: hurriedClock(60), concurrency, ports: { sender } });
}

test.each([
  [1, 1],
  [1, 16],
  [3, 16],
])(
  "%i recipients whose requests break the API, the last ones at concurrency %i, are told from an outage",
  async (broken, concurrency) => {
    await giveUsers(world, 20);
    const chosen = new Set<string>();
    const api = await serveApi((toUser) => {
      if (chosen.size < broken) chosen.add(toUser);
      return chosen.has(toUser);
    });
    const { run, result } = await driveThrough(api, concurrency);
    expect(run.stopReason).toBeUndefined();
    expect(result.status).toBe("finished");
    expect(result.outcomes).toEqual(outcomes({ sent: 20 - broken, unknown: broken }));
  },
);

test("the last recipients of a run keep their attempts in an outage", async () => {
  await giveUsers(world, 3);
  let isDown = false;
  const api = await serveHttp((response, request) => {
    if (isDown) return response.destroy();
    const toUser = toUserOf(request);
    response.end(
      toUser === "" ? '{"errcode":40003,"errmsg":"invalid openid"}' : '{"errcode":0,"errmsg":"ok"}',
    );
    if (toUser !== "") isDown = api.received.length < 16;
  });
  onTestFinished(() => api.close());
  // Far more failures than anybody has attempts.
  const watched = setInterval(() => {
    if (api.received.length > 16) isDown = false;
  }, 20);
  onTestFinished(() => clearInterval(watched));
  const { result } = await driveThrough(api, 1);
  expect(result.outcomes).toEqual(outcomes({ sent: 3 }));
  expect(result.outages?.count).toBe(1);
});
