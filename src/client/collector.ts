import { callApi, type MiniProgramApi } from "./api.ts";
import { type Ask, openPrompts } from "./consents.ts";
import { findApi } from "./find-api.ts";
import type { Item, ReportItem } from "./items.ts";
import type { Problem, Tell } from "./problem.ts";
import { openSender } from "./sender.ts";
import { openSession } from "./session.ts";
import { openStore } from "./store.ts";

export interface CollectorOptions {
  /** Of the collector, as `https://collect.example.com`; it has to be in the platform's list of request domains. */
  url: string;
  /** `wx`, `qq`, `swan` or `my`; found by itself when absent. */
  api?: MiniProgramApi | undefined;
  /** Gives a session token that the team's backend signs. Absent: login by the platform's login code. */
  token?: (() => Promise<string>) | undefined;
  /** One client a key; two that share one overwrite each other. */
  storageKey?: string;
  /** How many codes are kept, the newest: 100 unless set. */
  maxCodes?: number;
  /** How many codes go in one report: 20 unless set, at most 100. */
  batch?: number;
  /** Told of what went wrong, for the app's log. */
  onProblem?(problem: Problem): void;
  /** The device's clock, epoch ms. */
  now?(): number;
}

/** No method throws or rejects. */
export interface Collector {
  /** Keeps a code, in storage at once; one that is there already is not kept twice. Sends nothing. */
  add(formId: string): void;
  /** Sends what is kept. Resolves when nothing is left, or when it has to wait; it then goes on by itself. */
  flush(): Promise<void>;
  /** The app's `wx.request`: works as before, and each call sends what is kept along the way. The client's own requests never do. */
  wrapRequest<F extends (...args: never[]) => unknown>(request: F): F;
  /**
   * Asks for consents; call it in the handler of a tap, before anything is awaited. One prompt holds 5 templates of one
   * kind at most; each further prompt takes a tap of its own, and is reported as failed without. Results are kept and
   * sent as codes are.
   */
  askConsents: Ask;
  /**
   * Takes the `event.detail` of a Baidu form with `report-type="subscribe"`, and the form's `subscribe-id`, which should be
   * another one each time: those under one id don't add up. `templateId`: as messages are sent with it. Whether the user agreed.
   */
  addSubscription(templateId: string, subscribeId: string, detail: object): boolean;
  /** Whether Baidu has the user as subscribed under that id; undefined where it does not tell. */
  hasSubscription(templateId: string, subscribeId: string): Promise<boolean | undefined>;
  pending(): { codes: number; reports: number };
}

/** What the collector takes for a formId; the developer tools give sentences ("the formId is a mock one"). */
const FORM_ID = /^(?!requestFormId:fail)[\x21-\x7e]{1,128}$/;

/** Never throws, whatever the platform. */
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
      // There is nobody left to tell.
    }
  };
  const api = findApi(given);
  const base = String(url).replace(/\/+$/, "");
  const store = openStore(api, storageKey, tell);
  const token = openSession(api, base, store, now, give);
  const flush = openSender(api, base, store, token, Math.min(100, batch), tell, now);

  /** The newest are kept, so many codes and so many reports. */
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
      // Without a formId, or with a status of 500101 to 500105, there was no agreement.
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
