import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";

export const SEND_PATH = "/cgi-bin/message/wxopen/template/send";
export const TOKEN_QUERY = "grant_type=client_credential&appid=wx-sandbox&secret=sandbox-secret";

export interface Answer {
  status: number;
  /** The body as it came. */
  text: string;
  json: Record<string, unknown>;
}

/** A sandbox with a client. The client is fetch: the sandbox has to please a parser that is not its own. */
export interface Api {
  sandbox: Sandbox;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  fetchToken(query?: string): Promise<Answer>;
  fetchStable(body?: object): Promise<Answer>;
  /** Sends a message, with a valid token unless one is given. */
  send(message?: object, token?: string): Promise<Answer>;
}

/** Runs the body against a sandbox that is closed afterwards. */
export async function withApi(options: SandboxOptions, body: (api: Api) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox(options);
  try {
    await body(createApi(sandbox));
  } finally {
    await sandbox.close();
  }
}

export function message(changes: object = {}): object {
  return {
    touser: "oAlice",
    template_id: "TPL",
    form_id: "form-1",
    data: { keyword1: { value: "hi" } },
    ...changes,
  };
}

function createApi(sandbox: Sandbox): Api {
  let token: string | undefined;
  const call = (method: string, path: string, body?: unknown) => callJson(sandbox.url, method, path, body);
  const fetchStable = (body = {}) =>
    call("POST", "/cgi-bin/stable_token", {
      grant_type: "client_credential",
      appid: "wx-sandbox",
      secret: "sandbox-secret",
      ...body,
    });
  return {
    sandbox,
    call,
    fetchToken: (query = TOKEN_QUERY) => call("GET", `/cgi-bin/token?${query}`),
    fetchStable,
    async send(body = message(), given?: string) {
      token ??= String((await fetchStable()).json.access_token);
      return call("POST", `${SEND_PATH}?access_token=${given ?? token}`, body);
    },
  };
}

async function callJson(url: string, method: string, path: string, body: unknown): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method, ...(text !== undefined && { body: text }) });
  const answer = await response.text();
  return { status: response.status, text: answer, json: parseOr({}, answer) };
}

function parseOr<T>(fallback: T, text: string): T {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}
