import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { serveHttp } from "../platforms/servers.ts";
import { broadcast, giveCode, useWorld } from "./world.ts";

/**
 * A backend that claims in steps of its own (read the pool, pick a code, cut it off), and sends, while a broadcast is at work
 * between them: what comes of the messages. What becomes of the codes, test/redis/backends.test.ts plays. None of it can be
 * prevented from our side: each of our steps is atomic, but the backend acts on what it read before.
 */
const world = useWorld({ sandbox: { latencyMs: 5 } });
const POOL = "mina:openid:oA";

/** What the backend reads before we come. */
async function readPool(): Promise<string[]> {
  return world.redis.client.lrange(POOL, 0, -1);
}

async function send(): Promise<BroadcastResult> {
  return (await broadcast(world, [])).json<BroadcastResult>();
}

test("the backend sends with a code that it has not cut off yet: ours is refused, and the user's next is taken", async () => {
  const a = await giveCode(world, "oA", "a");
  await giveCode(world, "oA", "b");
  await useElsewhere("oA", "a");
  const result = await send();
  expect(result).toMatchObject({ outcomes: { sent: 1 }, codes: { spent: 1, refused: 1 } });
  expect(await world.redis.client.lrem(POOL, 1, a)).toBe(0);
  // The backend's own message, and one of the broadcast: with a code each.
  expect(world.sandbox.stats()).toMatchObject({ delivered: 2, codesUsed: 2 });
});

test("the backend used the user's only code before it cut it off: our message is refused, and there is no other code", async () => {
  await giveCode(world, "oA", "a");
  await useElsewhere("oA", "a");
  expect(await send()).toMatchObject({ outcomes: { sent: 0, no_code: 1 }, codes: { refused: 1 } });
  expect(await world.redis.entries("oA")).toEqual([]);
});

test("the backend sends with a code that it read before push-cli used it: its message is refused", async () => {
  await giveCode(world, "oA", "a");
  const [read = ""] = await readPool();
  expect((await send()).outcomes.sent).toBe(1);
  expect(await sendElsewhere("oA", JSON.parse(read).formId)).toMatchObject({ errcode: 41029 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 1, codesUsed: 1 });
});

/**
 * A request of ours that is lost on its way, after the backend has used its code: the retry is told that the code was used,
 * and by whom is not known. It takes a backend that read the pool before our claim.
 */
test("our request is lost while the backend sends with the same code: counted as sent, and only the backend's arrived", async () => {
  await giveCode(world, "oA", "a");
  const [read = ""] = await readPool();
  let lost = 0;
  const api = await serveHttp((response, { url, method, body }) => {
    const answer = async () => {
      if (url.startsWith("/cgi-bin/message/") && lost++ === 0) {
        await useElsewhere("oA", JSON.parse(read).formId);
        response.destroy();
        return;
      }
      const init = method === "GET" ? {} : { method, body };
      response.end(await (await fetch(`${world.sandbox.url}${url}`, init)).text());
    };
    answer().catch((error) => response.destroy(error));
  });
  const result = await broadcast(world, [], { env: { PUSH_CLI_API_BASE: api.base } });
  await api.close();
  expect(lost).toBe(2);
  expect(result.json<BroadcastResult>()).toMatchObject({
    outcomes: { sent: 1 },
    codes: { spent: 1, refused: 0 },
  });
  expect(world.sandbox.stats()).toMatchObject({
    delivered: 1,
    byErrcode: { 41029: 1 },
    lastMessage: { template_id: "another" },
  });
});

/** A message of the backend's own, through the API, which takes it. */
async function useElsewhere(openId: string, formId: string): Promise<void> {
  expect(await sendElsewhere(openId, formId)).toMatchObject({ errcode: 0 });
}

/** The same; what the API answers. */
async function sendElsewhere(openId: string, formId: string): Promise<unknown> {
  const token = (await (
    await fetch(
      `${world.sandbox.url}/cgi-bin/token?grant_type=client_credential&appid=wx-sandbox&secret=sandbox-secret`,
    )
  ).json()) as { access_token: string };
  const body = { touser: openId, template_id: "another", form_id: formId, data: {} };
  const answer = await fetch(
    `${world.sandbox.url}/cgi-bin/message/wxopen/template/send?access_token=${token.access_token}`,
    { method: "POST", body: JSON.stringify(body) },
  );
  return answer.json();
}
