import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What the server says instead of answering a request: once each, in their order, for paths that fit. */
export interface Scripted {
  path?: string;
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A report as it came in. */
export interface Seen {
  path: string;
  body: Record<string, unknown>;
  token: string | undefined;
}

type Reply = [status: number, body: unknown, headers?: Record<string, string>];

const fault = (status: number, code: string): Reply => [status, { error: { code, message: `${code}.` } }];

/** A collector with its pools in memory: it speaks the contract, and is honest about what it has taken. */
export async function startCollectorServer() {
  const state = {
    /** formId -> how often it has got into the pool. */
    pool: new Map<string, number>(),
    /** Ages that were reported with them. */
    ages: new Map<string, number>(),
    reports: new Map<string, Record<string, string>>(),
    seen: [] as Seen[],
    script: [] as Scripted[],
    tokens: new Set<string>(),
    logins: 0,
    expiresInMs: 3 * 86_400_000,
  };

  function answer(path: string, body: Record<string, unknown>, token: string | undefined): Reply {
    if (path === "/login") return logIn();
    if (token === undefined || !state.tokens.has(token)) return fault(401, "unauthorized");
    if (path === "/codes") return takeCodes(body.codes as { formId: string; ageMs: number }[]);
    return path === "/consents" ? takeConsents(body) : fault(404, "not_found");
  }

  function logIn(): Reply {
    state.logins++;
    const token = `token-${state.logins}`;
    state.tokens.add(token);
    return [200, { token, expiresInMs: state.expiresInMs }];
  }

  function takeCodes(codes: { formId: string; ageMs: number }[]): Reply {
    if (codes.length > 100) return fault(400, "too_many_codes");
    if (codes.some(({ formId }) => formId.startsWith("poison"))) return fault(400, "bad_request");
    const fates = codes.map(({ formId, ageMs }) => {
      if (formId.startsWith("bad")) return { formId, fate: "refused", reason: "not_a_form_id" };
      if (state.pool.has(formId)) return { formId, fate: "known" };
      state.pool.set(formId, 1);
      state.ages.set(formId, ageMs);
      return { formId, fate: "taken" };
    });
    return [200, { codes: fates }];
  }

  function takeConsents(body: Record<string, unknown>): Reply {
    const templates = body.templates as Record<string, string>;
    const isKnown = state.reports.has(body.report as string);
    if (!isKnown) state.reports.set(body.report as string, templates);
    const fateOf = (status: string) =>
      !status.startsWith("accept") ? "ignored" : isKnown ? "known" : "taken";
    const fates = Object.entries(templates).map(([id, status]) => [id, { fate: fateOf(status) }]);
    return [200, { templates: Object.fromEntries(fates) }];
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url as string;
    const token = request.headers.authorization?.replace("Bearer ", "");
    const body = JSON.parse(await text(request));
    state.seen.push({ path, body, token });
    const scripted = state.script.findIndex((one) => one.path === undefined || one.path === path);
    const [said] = scripted < 0 ? [] : state.script.splice(scripted, 1);
    const [status, data, headers] = said ? [said.status, said.body, said.headers] : answer(path, body, token);
    const isText = typeof data === "string";
    response.writeHead(status, { "content-type": isText ? "text/html" : "application/json", ...headers });
    response.end(isText ? data : JSON.stringify(data ?? {}));
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(state, { url, stop, revoke: () => state.tokens.clear() });
}

export type CollectorServer = Awaited<ReturnType<typeof startCollectorServer>>;
