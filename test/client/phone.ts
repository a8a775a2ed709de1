/** A phone with one user: what a mini program finds as `wx`, with real HTTP behind it. */
export interface Phone {
  openId: string;
  /** No request gets out. */
  isOffline: boolean;
  /** Answers that get lost on their way back, from now on; the server has had the request. */
  lostAnswers: number;
  /** What the user chooses in the prompt; "accept" unless said otherwise. */
  choices: Record<string, string>;
  /** "Always keep my choice" was ticked before: the platform says nothing of its own. */
  isSilent: boolean;
  /** Requests that were answered, as "path status". */
  readonly answered: string[];
  /** Starts a mini program: its `wx`. The one before is dead from then on: it hears and does nothing any more. */
  boot(): object;
  kill(): void;
  /** Runs what a finger does: for that time, and for one prompt, the platform takes what the app asks for as asked by the user. */
  touch(action: () => Promise<void>): Promise<void>;
}

/** `platformUrl`: of the sandbox, which plays the platform's side of logins and prompts. */
export function makePhone(openId: string, platformUrl: string): Phone {
  const storage = new Map<string, string>();
  let running = { isAlive: false };
  let mayPrompt = false;
  const platform = (path: string, body: object) =>
    post(`${platformUrl}/sandbox/${path}`, JSON.stringify(body));
  const phone: Phone = {
    openId,
    isOffline: false,
    lostAnswers: 0,
    choices: {},
    isSilent: false,
    answered: [],
    boot: () => {
      phone.kill();
      const life = { isAlive: true };
      running = life;
      return makeWx(life);
    },
    kill: () => {
      running.isAlive = false;
    },
    touch: async (action) => {
      mayPrompt = true;
      await action();
      mayPrompt = false;
    },
  };

  function makeWx(life: { isAlive: boolean }) {
    /** As the platform answers: later, and to the living only. */
    const answer = (options: Callbacks, result: Promise<object>) =>
      void result.then(
        (value) => life.isAlive && options.success?.(value),
        (error: Error) => life.isAlive && options.fail?.({ errMsg: error.message, ...error }),
      );
    return {
      getStorageSync: (key: string) => JSON.parse(storage.get(key) ?? '""'),
      setStorage: ({ key, data, ...options }: Callbacks & { key: string; data: unknown }) => {
        if (life.isAlive) storage.set(key, JSON.stringify(data));
        answer(options, Promise.resolve({ errMsg: "setStorage:ok" }));
      },
      request: (options: Callbacks & Request) => answer(options, request(options)),
      login: (options: Callbacks) =>
        answer(
          options,
          phone.isOffline
            ? fail("login:fail")
            : platform("login", { openId: phone.openId }).then(({ data }) => data as object),
        ),
      requestSubscribeMessage: (options: Callbacks & { tmplIds: string[] }) =>
        answer(options, prompt(options.tmplIds)),
    };
  }

  async function request({ url, method = "GET", header = {}, data }: Request): Promise<object> {
    if (phone.isOffline) return fail("request:fail");
    const response = await post(url, data, method, header).catch(() => fail("request:fail"));
    if (phone.lostAnswers > 0) {
      phone.lostAnswers -= 1;
      return fail("request:fail timeout");
    }
    phone.answered.push(`${new URL(url).pathname} ${response.statusCode}`);
    return response;
  }

  async function prompt(ids: string[]): Promise<object> {
    if (!mayPrompt) return fail("requestSubscribeMessage:fail can only be invoked by user TAP gesture.");
    mayPrompt = false;
    const templates = Object.fromEntries(ids.map((id) => [id, phone.choices[id] ?? "accept"]));
    return (await platform("prompt", { openId: phone.openId, templates, silent: phone.isSilent }))
      .data as object;
  }
  return phone;
}

interface Callbacks {
  success?(result: object): void;
  fail?(failure: object): void;
}

interface Request {
  url: string;
  method?: string;
  header?: Record<string, string>;
  data?: string;
}

async function post(
  url: string,
  body: string | undefined,
  method = "POST",
  headers: Record<string, string> = {},
) {
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { statusCode: response.status, header: Object.fromEntries(response.headers), data: parse(text) };
}

/** The platform hands over what can be parsed as parsed, whatever its type. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function fail(errMsg: string): Promise<never> {
  throw new Error(errMsg);
}
