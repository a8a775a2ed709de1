import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createSender, messageOf } from "../open.ts";
import { awaited, type HttpDouble, serveHttp } from "../servers.ts";

const OK = Buffer.from('{"errcode":0,"errmsg":"ok","msgid":17}');
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The answer to a send, when the API's answer is `body`, marked as `encoding`. */
async function answerTo(encoding: string, body: Buffer, status = 200) {
  const server = await serveHttp((response) => {
    response.writeHead(status, { "content-encoding": encoding }).end(body);
  });
  return send(server);
}

async function send(server: HttpDouble, network = {}) {
  const message = messageOf("T", ["a"]);
  const sender = await createSender({
    ...{ apiBase: server.base, concurrency: 1, timeoutMs: 20_000, message, network },
  });
  cleanups.push(
    () => server.close(),
    () => sender.close(),
  );
  return awaited(sender).send("o", "f", "TOKEN");
}

describe("an answer that is compressed", () => {
  it.each([
    ["gzip", gzipSync(OK)],
    ["x-gzip", gzipSync(OK)],
    ["GZIP", gzipSync(OK)],
    ["deflate", deflateSync(OK)],
    ["deflate", deflateRawSync(OK)],
    ["br", brotliCompressSync(OK)],
    ["identity", OK],
    ["gzip, br", brotliCompressSync(gzipSync(OK))],
    ["gzip", OK],
  ])("as %s is read", async (encoding, body) => {
    expect(await answerTo(encoding, body)).toMatchObject({ class: "ok", msgid: "17" });
  });

  it.each([
    ["zstd", OK, 'the answer is encoded as "zstd", which was not requested'],
    ["gzip", Buffer.from("<html>"), "the answer is marked as gzip and is not"],
    ["gzip", gzipSync(Buffer.alloc(70_000, " ")), "the answer is larger than 64 KiB when decoded"],
  ])("as %s and can't be read says why", async (encoding, body, errmsg) => {
    expect(await answerTo(encoding, body)).toEqual({ class: "ambiguous", errmsg });
  });

  it("and a refusal counts by its status", async () => {
    const answer = await answerTo("zstd", OK, 502);
    expect(answer).toMatchObject({ class: "ambiguous", errmsg: "HTTP 502 Bad Gateway" });
  });
});

it("requests say who asks and what they take, and ask for no compression", async () => {
  const server = await serveHttp((response) => response.end(OK));
  await send(server, { userAgent: "push-cli/1.2.3" });
  const { headers } = server.received[0]!;
  expect(headers).toMatchObject({ "user-agent": "push-cli/1.2.3", accept: "application/json" });
  expect(headers).not.toHaveProperty("accept-encoding");
});
