import { callApi, type MiniProgramApi } from "./api.ts";
import { type Ask, openPrompts } from "./consents.ts";
import { findApi } from "./find-api.ts";
import type { Item, ReportItem } from "./items.ts";
import type { Problem, Tell } from "./problem.ts";
import { openSender } from "./sender.ts";
import { openSession } from "./session.ts";
import { openStore } from "./store.ts";

export interface CollectorOptions {
  /** The collector's URL, such as `https://collect.example.com`; it has to be in the platform's list of request domains. */
  url: string;
  /** `wx`, `qq`, `swan` or `my`; detected if absent. */
  api?: MiniProgramApi | undefined;
  /** Returns a session token signed by the team's backend. Absent: login with the platform's login code. */
  token?: (() => Promise<string>) | undefined;
  /** One client per key; two clients with the same key overwrite each other's data. */
  storageKey?: string;
  /** Maximum number of codes kept, the newest ones; defaults to 100. */
  maxCodes?: number;
  /** Maximum number of codes in one report; defaults to 20, at most 100. */
  batch?: number;
  /** Called with problems, for the app's log. */
  onProblem?(problem: Problem): void;
  /** The device's clock, epoch ms. */
  now?(): number;
}

/** No method throws or rejects. */
export interface Collector {
  /** Keeps a code, in storage at once; a code that is already kept is not added again. Sends nothing. */
  add(formId: string): void;
  /** Sends what is kept. Resolves when nothing is left, or when it has to wait; it then continues by itself. */
  flush(): Promise<void>;
  /**
   * Wraps the app's `wx.request`: it works as before, and each call also sends what is kept. The client's own requests don't.
   */
  wrapRequest<F extends (...args: never[]) => unknown>(request: F): F;
  /**
   * Asks for consents; call it in the handler of a tap, before anything is awaited. One prompt holds at most 5 templates of
   * one kind; each further prompt needs a tap of its own, and is reported as failed without one. Results are kept and sent in
   * the same way as codes.
   */
  askConsents: Ask;
  /**
   * Takes the `event.detail` of a Baidu form with `report-type="subscribe"`, and the form's `subscribe-id`, which should be a
   * new one each time: several consents under one id count once. `templateId`: the one that messages are sent with. Returns
   * whether the user agreed.
   */
  addSubscription(templateId: string, subscribeId: string, detail: object): boolean;
  /** Whether Baidu has the user as subscribed under that id; undefined if it does not say. */
  hasSubscription(templateId: string, subscribeId: string): Promise<boolean | undefined>;
  pending(): { codes: number; reports: number };
}

/** What the collector accepts as a formId; the developer tools return sentences ("the formId is a mock one"). */
const FORM_ID = /^(?!requestFormId:fail)[\x21-\x7e]{1,128}$/;

/** Never throws, whatever the platform does. */
export function createCollector({
  url,
  api: given,
  token: give,
  storageKey = "push-cli:collector",
  maxCodes = 100,
  batch = 20,
  onProblem,
  now = Date.now,
}: CollectorOptions): Collector {
  const tell: Tell = (what, detail) => {
    try {
      if (onProblem) onProblem({ what, detail });
    } catch {
      // The app's own onProblem failed: there is nobody left to tell.
    }
  };
  const api = findApi(given);
  const base = String(url).replace(/\/+$/, "");
  const store = openStore(api, storageKey, tell);
  const token = openSession(api, base, store, now, give);
  const flush = openSender(api, base, store, token, Math.min(100, batch), tell, now);

  /** Keeps the newest, up to the maximum number of codes and of reports. */
  function keep(item: Item): void {
    store.items.push(item);
    store.save();
    const alike = store.items.filter((one) => !one.formId === !item.formId);
    store.drop(alike.slice(0, -maxCodes), "dropped");
  }

  function keepReport(templates: ReportItem["templates"], subscribeId?: string): void {
    // About 100 bits, as digits.
    const report = String(Math.random()).slice(2) + String(Math.random()).slice(2);
    keep({ report, templates, subscribeId, at: now() });
    void flush();
  }

  return {
    add(formId) {
      if (typeof formId !== "string" || !FORM_ID.test(formId)) tell("not_a_code", formId);
      else if (!store.items.some((item) => item.formId === formId)) keep({ formId, at: now() });
    },
    flush,
    wrapRequest(request) {
      const wrapped = function (this: unknown, ...args: never[]) {
        const result = request.apply(this, args);
        void flush();
        return result;
      };
      return wrapped as typeof request;
    },
    askConsents: openPrompts(api, keepReport, tell),
    addSubscription(templateId, subscribeId, detail) {
      // Without a formId, or with a status of 500101 to 500105, the user did not agree.
      const { formId, status } = Object(detail);
      const isAgreed = !!formId && !/^5001/.test(status);
      if (isAgreed) keepReport({ [templateId]: "accept" }, subscribeId);
      return isAgreed;
    },
    hasSubscription: (templateId, subscribeId) =>
      callApi<{ status?: number }>(api, "subscribeService", { templateId, subscribeId, type: "query" }).then(
        ({ status }) => status === 1,
        () => undefined,
      ),
    pending() {
      const codes = store.items.filter((item) => item.formId).length;
      return { codes, reports: store.items.length - codes };
    },
  };
}
