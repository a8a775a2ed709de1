import type { Addressee, MessageSender, SendAnswer } from "../../broadcast/ports.ts";
import { queryParameter } from "../http/api-base.ts";
import { openHttp } from "../http/http.ts";
import type { Network } from "../http/network.ts";
import { toSendAnswer } from "./send-answer.ts";
import type { ErrcodeTable } from "./verdicts.ts";

export interface SenderOptions {
  origin: string;
  /** `host:port`, for use in messages. */
  host: string;
  /** Path of the send endpoint, without the token. */
  path: string;
  table: ErrcodeTable;
  /** Maximum messages in flight. */
  concurrency: number;
  /** For the answer; a whole request may take twice this. */
  timeoutMs: number;
  bodyFor(to: Addressee): string;
  /** Final adjustment of answers that are not plain success. */
  judge?(answer: SendAnswer): SendAnswer;
  network?: Network | undefined;
}

/**
 * A sender of one message to many recipients, JSON with the token in the query. The first byte of a request decides: a
 * failure before it is `unsent`, a failure after it is `ambiguous`.
 */
export async function createSender(options: SenderOptions): Promise<MessageSender> {
  const { origin, host, concurrency: connections, timeoutMs, network, table, bodyFor, judge } = options;
  const http = await openHttp({ origin, host, connections, timeoutMs, network });
  const pathFor = rememberLast((token) => `${options.path}?${queryParameter("access_token", token)}`);
  return {
    send: (to, accessToken, onAnswer) => {
      const path = pathFor(accessToken);
      http.dispatch({ method: "POST", path, body: bodyFor(to) }, (reply) => {
        const answer = toSendAnswer(reply, accessToken, table);
        onAnswer(judge && answer.class !== "ok" ? judge(answer) : answer);
      });
    },
    close: () => http.close(),
  };
}

/** The token changes once in two hours, so the path with it is made once. */
export function rememberLast(make: (input: string) => string): (input: string) => string {
  let lastInput: string | undefined;
  let lastOutput = "";
  return (input) => {
    if (input !== lastInput) [lastInput, lastOutput] = [input, make(input)];
    return lastOutput;
  };
}
