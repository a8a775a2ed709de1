import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import {
  type CallbackEvent,
  type CallbackReader,
  CallbackRefused,
  type CallbackRequest,
} from "../../../../src/collector/ports.ts";
import type { CallbackOptions } from "../../../../src/sandbox/sandbox.ts";
import { type Api, TEMPLATES, withApi } from "../../../sandbox/api.ts";
import { openPlatform } from "../collectors.ts";
import { AES_KEY, OTHER_KEY, TOKEN } from "./pushes.ts";

/** What a callback URL has come to know. */
interface Heard {
  events: CallbackEvent[];
  refused: string[];
}

/** A server of nothing but node:http and the reader. */
async function withCallback(
  reader: CallbackReader,
  body: (url: string, heard: Heard) => Promise<void>,
): Promise<void> {
  const heard: Heard = { events: [], refused: [] };
  const server = createServer(async (incoming, response) => {
    const query = Object.fromEntries(new URL(incoming.url ?? "", "http://callback").searchParams);
    const headers = incoming.headers as CallbackRequest["headers"];
    const request = { query, headers, body: Buffer.concat(await incoming.toArray()) };
    try {
      if (incoming.method === "GET") response.end(reader.checkUrl(request));
      else {
        const { events, answer } = reader.read(request);
        heard.events.push(...events);
        response.end(answer);
      }
    } catch (error) {
      const code = error instanceof CallbackRefused ? error.code : String(error);
      heard.refused.push(code);
      response.writeHead(401).end(code);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`, heard);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}

const QUIET = { token: TOKEN, delayMs: 1, twicePercent: 0, joinPercent: 0, answerMs: 400 };

async function withPushes(
  callback: Omit<CallbackOptions, "url">,
  reading: { aesKey?: string; previousAesKey?: string; cloudHosting?: boolean },
  body: (api: Api, heard: Heard) => Promise<void>,
): Promise<void> {
  const { cloudHosting = false, ...keys } = reading;
  const platform = await openPlatform();
  const secrets = { token: TOKEN, ...keys };
  const reader = platform.callback!({ secrets, appid: "wx-sandbox", cloudHosting, nowMs: () => Date.now() });
  await withCallback(reader, (url, heard) =>
    withApi({ acceptAny: true, callback: { ...QUIET, ...callback, url } }, (api) => body(api, heard)),
  );
}

const MODES = {
  plain: [{}, {}],
  safe: [{ aesKey: AES_KEY }, { aesKey: AES_KEY }],
  compatible: [{ aesKey: AES_KEY, compatible: true }, { aesKey: AES_KEY }],
  "safe, with the key of before": [{ aesKey: AES_KEY }, { aesKey: OTHER_KEY, previousAesKey: AES_KEY }],
  "cloud hosting": [{ cloudHosting: true }, { cloudHosting: true }],
} as const;
const FORMATS = ["json", "xml"] as const;

it.each(
  Object.keys(MODES).flatMap((mode) =>
    FORMATS.map((format) => [mode as keyof typeof MODES, format] as const),
  ),
)("reads what the sandbox pushes: %s, %s", async (mode, format) => {
  const [callback, reading] = MODES[mode];
  await withPushes({ ...callback, format, paddedPercent: 100 }, reading, async (api, { events, refused }) => {
    expect((await api.call("POST", "/sandbox/verify")).json).toEqual({ verified: true });
    const templates = {
      [TEMPLATES.activity]: "accept",
      [TEMPLATES.order]: "reject",
      [TEMPLATES.queue]: "accept",
    };
    await api.call("POST", "/sandbox/prompt", { openId: "oAlice", templates });
    await expect.poll(() => events).toHaveLength(1);
    const templateIds = [TEMPLATES.activity, TEMPLATES.queue];
    expect(events[0]).toMatchObject({ kind: "grants", openId: "oAlice", templateIds });
    await api.call("POST", "/sandbox/redeliver");
    await expect.poll(() => events).toHaveLength(2);
    expect(events[1]).toEqual(events[0]);
    await api.call("POST", "/sandbox/withdraw", { openId: "oAlice", templateIds: [TEMPLATES.queue] });
    await expect.poll(() => events).toHaveLength(3);
    expect(events[2]).toMatchObject({ kind: "withdrawals", templateIds: [TEMPLATES.queue] });
    const { text } = await api.subscribe();
    await expect.poll(() => events).toHaveLength(4);
    const receipt = { openId: "oAlice", templateId: TEMPLATES.activity, status: "delivered" };
    const msgid = /"msgid":(\d{19})/.exec(text)?.[1];
    expect(events[3]).toEqual({ kind: "receipts", receipts: [{ ...receipt, msgid }] });
    await api.call("POST", "/sandbox/message", { openId: "oAlice", text: "hi <b>&\u4e2d" });
    await api.call("POST", "/sandbox/message", { openId: "oAlice", event: "wxa_media_check" });
    await expect.poll(() => events).toHaveLength(6);
    expect(new Set(events.slice(4).map((event) => event.kind === "other" && event.name))).toEqual(
      new Set(["message", "wxa_media_check"]),
    );
    expect(refused).toEqual([]);
  });
});

it("refuses what is for another app, and takes what comes with it", async () => {
  const options = { aesKey: AES_KEY, strayPercent: 100 };
  await withPushes(options, { aesKey: AES_KEY }, async (api, { events, refused }) => {
    await api.subscribe();
    // Refused, it comes three times.
    await expect.poll(() => refused).toEqual(["wrong_appid", "wrong_appid", "wrong_appid"]);
    expect(events).toMatchObject([{ kind: "receipts" }]);
  });
});

it.each([
  ["another token", { token: "other" }, {}, "bad_signature"],
  ["another key", { aesKey: OTHER_KEY }, { aesKey: AES_KEY }, "bad_envelope"],
  ["no key, where one is set", {}, { aesKey: AES_KEY }, "bad_envelope"],
  ["a key, where none is set", { aesKey: AES_KEY }, {}, "bad_envelope"],
  ["cloud hosting, without the option", { cloudHosting: true }, {}, "not_signed"],
])("refuses the pushes of %s", async (_, callback, reading, code) => {
  await withPushes(callback, reading, async (api, { events, refused }) => {
    await api.subscribe();
    await expect.poll(() => refused).toEqual([code, code, code]);
    expect(events).toEqual([]);
  });
});
