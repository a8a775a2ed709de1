import type { Logger } from "../../log.ts";
import type { HttpReply } from "./exchange.ts";
import type { HttpRequest } from "./lanes.ts";

type Dispatch = (request: HttpRequest, onReply: (reply: HttpReply) => void) => void;

/** Logs each request and its result; without a log that records traces, it is `dispatch` itself. */
export function traceExchanges(dispatch: Dispatch, host: string, log: Logger | undefined): Dispatch {
  const debug = log?.debug;
  if (!debug) return dispatch;
  return (request, onReply) => {
    const startedMs = performance.now();
    dispatch(request, (reply) => {
      const ms = Math.round((performance.now() - startedMs) * 10) / 10;
      const sentBytes = Buffer.byteLength(request.body ?? "");
      const about = { method: request.method, host, path: showPath(request.path), ...outcomeOf(reply) };
      debug("http", describe(about, ms), { ...about, ms, sentBytes });
      onReply(reply);
    });
  };
}

/** Parameters that are not secret; the values of all others are left out. */
const OPEN_PARAMETERS = new Set(["appid", "grant_type"]);

/** `/cgi-bin/x?access_token=***` */
function showPath(path: string): string {
  const [before = "", query] = path.split("?", 2);
  if (query === undefined) return before;
  const shown = query.split("&").map((pair) => {
    const name = pair.split("=", 1)[0] ?? "";
    return OPEN_PARAMETERS.has(name) || !pair.includes("=") ? pair : `${name}=***`;
  });
  return `${before}?${shown.join("&")}`;
}

interface Outcome {
  status?: number;
  bytes?: number;
  errcode?: number;
  /** Why there was no answer. */
  failure?: string;
  /** Whether the request may have reached the other side. */
  sent?: boolean;
}

function outcomeOf(reply: HttpReply): Outcome {
  if (reply.kind === "failure") return { failure: reply.reason, sent: reply.sent };
  const errcode = /"errcode"\s*:\s*(-?\d{1,9})/.exec(reply.text)?.[1];
  const bytes = Buffer.byteLength(reply.text);
  return { status: reply.status, bytes, ...(errcode === undefined ? {} : { errcode: Number(errcode) }) };
}

function describe(
  {
    method,
    host,
    path,
    status,
    bytes,
    errcode,
    failure,
  }: Outcome & Record<"method" | "host" | "path", string>,
  ms: number,
): string {
  const code = errcode === undefined ? "" : `, errcode ${errcode}`;
  const what = failure === undefined ? `${status}${code}, ${bytes} bytes` : `no answer (${failure})`;
  return `${method} ${host}${path}: ${what}, in ${ms} ms`;
}
