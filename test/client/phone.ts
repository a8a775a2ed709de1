import type { MiniProgramApi } from "../../src/client/index.ts";
import { FakePhone } from "./fake-wx.ts";

/** A phone whose user the sandbox knows: it gives the login codes, and hears what is chosen in prompts. */
export interface Phone {
  readonly fake: FakePhone;
  /** What the user chooses in the prompt; "accept" unless said otherwise. */
  choices: Record<string, string>;
  /** "Always keep my choice" was ticked before: the platform says nothing of its own. */
  isSilent: boolean;
  /** Requests that the app got an answer to, as "path status". */
  readonly answered: string[];
  /** Starts a mini program: its `wx`. The one before hears and does nothing any more. */
  boot(): MiniProgramApi;
  kill(): void;
  /** Runs what a finger does: for that time, and for one prompt, the platform takes what the app asks for as asked by the user. */
  touch(action: () => Promise<void>): Promise<void>;
}

export function makePhone(openId: string, sandboxUrl: string): Phone {
  let kill = () => {};
  let mayPrompt = false;
  const phone: Phone = {
    fake: new FakePhone(),
    choices: {},
    isSilent: false,
    answered: [],
    boot: () => {
      kill();
      const run = phone.fake.start();
      kill = run.kill;
      return { ...run.api, ...listen(run.api, phone), ...play(run.api) };
    },
    kill: () => kill(),
    touch: async (action) => {
      mayPrompt = true;
      await action();
      mayPrompt = false;
    },
  };

  /** What the sandbox plays. `api` is the fake's own: it answers the living only. */
  function play(api: MiniProgramApi): Pick<MiniProgramApi, "login" | "requestSubscribeMessage"> {
    return {
      login: (options) => {
        if (phone.fake.network === "offline") return options.fail({ errMsg: "login:fail" });
        const code = askSandbox<{ code: string }>(`${sandboxUrl}/sandbox/login`, { openId });
        void code.then((answer) => api.login?.({ ...options, success: () => options.success(answer) }));
      },
      requestSubscribeMessage: (options) => {
        const why = "can only be invoked by user TAP gesture.";
        if (!mayPrompt) return options.fail({ errMsg: `requestSubscribeMessage:fail ${why}` });
        mayPrompt = false;
        const templates = Object.fromEntries(
          options.tmplIds.map((id) => [id, phone.choices[id] ?? "accept"]),
        );
        const body = { openId, templates, silent: phone.isSilent };
        const chosen = askSandbox<Record<string, string>>(`${sandboxUrl}/sandbox/prompt`, body);
        void chosen.then((answer) => {
          phone.fake.prompts.push(templates);
          api.requestSubscribeMessage?.({ ...options, success: () => options.success(answer) });
        });
      },
    };
  }
  return phone;
}

/** Writes down what the app gets to hear. */
function listen(api: MiniProgramApi, { answered }: Phone): Pick<MiniProgramApi, "request"> {
  return {
    request: ({ success, ...options }) =>
      api.request({
        ...options,
        success: (answer) => {
          answered.push(`${new URL(options.url).pathname} ${answer.statusCode}`);
          // An app's own request may do without.
          success?.(answer);
        },
      }),
  };
}

async function askSandbox<Answer>(url: string, body: object): Promise<Answer> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the sandbox answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}
