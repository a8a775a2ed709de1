import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { WireTemplateMessage } from "../../src/platforms/wechat/wire.ts";

/** Stands before an API and keeps the messages that go by. */
export interface Recorder {
  url: string;
  /** Those that the API accepted, in their order. */
  messages: WireTemplateMessage[];
  /** Answered with this errcode here, without the API. */
  refuse(errcode: number, openIds: readonly string[]): void;
  /** What the keywords and the page of a user's message were. */
  textsOf(openId: string): { keywords: string[]; page?: string }[];
}

/** `behind`: the API, asked for once it is there. */
export function useRecorder(behind: () => string): Recorder {
  const refused = new Map<string, number>();
  let server: Server;
  const recorder: Recorder = {
    url: "",
    messages: [],
    refuse: (errcode, openIds) => {
      for (const openId of openIds) refused.set(openId, errcode);
    },
    textsOf: (openId) =>
      recorder.messages
        .filter(({ touser }) => touser === openId)
        .map(({ data, page }) => ({
          keywords: Object.values(data).map(({ value }) => value),
          ...(page === undefined ? {} : { page }),
        })),
  };
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const isSend = /\/(template|subscribe)\/send/.test(request.url!);
      const message = isSend ? (JSON.parse(text) as WireTemplateMessage) : undefined;
      const errcode = message && refused.get(message.touser);
      if (errcode !== undefined) return void response.end(JSON.stringify({ errcode, errmsg: "refused" }));
      const { method = "GET" } = request;
      const init = method === "GET" ? {} : { body: text };
      const answer = await (await fetch(`${behind()}${request.url}`, { method, ...init })).text();
      if (message && answer.includes('"errcode":0')) recorder.messages.push(message);
      response.end(answer);
    });
    // A connection that is closed for being idle, just as a request comes, would make that request's answer a lost one.
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    recorder.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    recorder.messages.length = 0;
    refused.clear();
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  return recorder;
}
