import type { MessageSender } from "../../broadcast/ports.ts";
import { queryParameter } from "../http/api-base.ts";
import { openHttp } from "../http/http.ts";
import type { Network } from "../http/network.ts";
import { endpointsAt } from "./endpoints.ts";
import { createMessageBody, type TemplateMessage } from "./message-body.ts";
import { toSendAnswer } from "./send-answer.ts";

export interface SenderOptions {
  apiBase: string;
  /** Messages in flight at the same time. */
  concurrency: number;
  /** For the answer; a whole request gets at most twice this. */
  timeoutMs: number;
  message: TemplateMessage;
  network?: Network | undefined;
}

/**
 * A sender of one template message to many recipients. The first byte of a request decides: what fails before it is
 * `unsent`, what fails after it is `ambiguous`. Rejects with a `config` error when `apiBase` can't be used.
 */
export async function createSender(options: SenderOptions): Promise<MessageSender> {
  const { origin, host, paths } = endpointsAt(options.apiBase);
  const { concurrency: connections, timeoutMs, network } = options;
  const http = await openHttp({ origin, host, connections, timeoutMs, network });
  const bodyFor = createMessageBody(options.message);
  const pathFor = rememberLast((token) => `${paths.templateSend}?${queryParameter("access_token", token)}`);
  return {
    send: (openId, formId, accessToken, onAnswer, own) => {
      const path = pathFor(accessToken);
      http.dispatch({ method: "POST", path, body: bodyFor(openId, formId, own) }, (reply) =>
        onAnswer(toSendAnswer(reply, accessToken)),
      );
    },
    close: () => http.close(),
  };
}

/** The token changes once in two hours: its path is made once. */
function rememberLast(make: (input: string) => string): (input: string) => string {
  let lastInput: string | undefined;
  let lastOutput = "";
  return (input) => {
    if (input !== lastInput) [lastInput, lastOutput] = [input, make(input)];
    return lastOutput;
  };
}
