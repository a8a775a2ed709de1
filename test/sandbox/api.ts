import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";

export const SEND_PATH = "/cgi-bin/message/wxopen/template/send";
export const SUBSCRIBE_PATH = "/cgi-bin/message/subscribe/send";
/** Templates that every sandbox has: one-time, with an enum, long-term, a device's, a service card's. */
export const TEMPLATES = {
  activity: "Qm7cT0wVnE2sKxj4ZB9rLd5uYhPoA1iG8fXeR3bN6kM",
  order: "a5Hk_Zt1PqLw9xUoJ3dRvC7mBfYs0NgE6iT8yXcK2hQ",
  queue: "dW3oN8-yFjR6zKb0VtGp1sXhC9eQ4uLmT7iA5lJvB2Y",
  bus: "L2rGv7KcXe5nT9bQ1mYhUo4WjZ0sPdF8iR6xAk3-tNE",
  device: "Zk4mB1xQvN7tHc0sLw8EyJr5oUgD3aPfT9iX2eK6_RV",
  card: "uT9yX3gJ6bLk1VwZo5nRcE0hQmS8dPf2iA7eKr4NxtM",
};
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
  /** The same of a subscribe message. */
  subscribe(message?: unknown, token?: string): Promise<Answer>;
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

export function subscribeMessage(changes: object = {}): object {
  return {
    touser: "oAlice",
    template_id: TEMPLATES.activity,
    page: "pages/index",
    data: { thing1: { value: "奶茶" }, time2: { value: "10:00" }, thing3: { value: "人民广场店" } },
    miniprogram_state: "formal",
    lang: "zh_CN",
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
  const post = async (path: string, body: unknown, given?: string) => {
    token ??= String((await fetchStable()).json.access_token);
    return call("POST", `${path}?access_token=${given ?? token}`, body);
  };
  return {
    sandbox,
    call,
    fetchToken: (query = TOKEN_QUERY) => call("GET", `/cgi-bin/token?${query}`),
    fetchStable,
    send: (body = message(), given) => post(SEND_PATH, body, given),
    subscribe: (body = subscribeMessage(), given) => post(SUBSCRIBE_PATH, body, given),
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
