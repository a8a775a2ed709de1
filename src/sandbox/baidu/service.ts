import { SCENE_TYPES } from "../../platforms/baidu/wire.ts";
import type { Codes } from "../codes.ts";
import { isTemplate, isUser } from "../known-ids.ts";
import { requireObject, requireString } from "../require.ts";
import type { Tokens } from "../tokens.ts";
import { type Form, isKeywords } from "./form.ts";

/** A user's consent to one message of a template. */
export interface SandboxSubscription {
  openId: string;
  templateId: string;
  /** Chosen by the developer. */
  subscribeId: string;
}

export interface BaiduOptions {
  acceptAny: boolean;
  /** The existing templates; if empty, any well-formed id is accepted. */
  known: ReadonlySet<string>;
  /** FormIds and ids of payments, treated like other platforms' codes. */
  codes: Codes;
  tokens: Tokens;
  now: () => number;
}

/** Baidu's verdict on a message. `errcode`: 0, an errno, or an error_code of the gateway as `gw/110`. */
interface BaiduVerdict {
  errcode: number | string;
  /** The user who got it. */
  openId?: string;
}

/** A payment's id is good for three messages, whatever was registered for it. */
const USES: Record<number, number | undefined> = {
  [SCENE_TYPES.form]: 1,
  [SCENE_TYPES.cashier]: 3,
  [SCENE_TYPES.directOrder]: 3,
};

/** Baidu's part of a send. */
export class BaiduService {
  readonly #options: BaiduOptions;
  /** Whether a subscription is still good for a message, by user, template and subscribe_id. */
  readonly #subscriptions = new Map<string, boolean>();

  constructor(options: BaiduOptions) {
    this.#options = options;
  }

  /**
   * Consents under one subscribe_id are not added up: it is good for one message, however often the user
   * agreed.
   */
  subscribe(subscriptions: readonly SandboxSubscription[]): void {
    for (const one of subscriptions) this.#subscriptions.set(keyOf(one), true);
  }

  /** Judges a message and spends its permission if there is no other reason to refuse it. */
  send(kind: "code" | "subscription", token: string | undefined, form: Form): BaiduVerdict {
    const refused = this.#options.tokens.check(token);
    // 42001 is WeChat's code for an expired one.
    if (refused !== 0) return { errcode: refused === 42001 ? "gw/111" : "gw/110" };
    const templateId = form.get("template_id") ?? "";
    if (!isKeywords(form.get("data")) || templateId === "") return { errcode: 2002 };
    if (!isTemplate(templateId, this.#options.known)) return { errcode: 4001 };
    return kind === "code" ? this.#sendByCode(form) : this.#sendBySubscription(form, templateId);
  }

  #sendByCode(form: Form): BaiduVerdict {
    const [guest, user, code] = ["touser", "touser_openId", "scene_id"].map(
      (name) => form.get(name) || undefined,
    );
    const scene = Number(form.get("scene_type"));
    const uses = USES[scene];
    if (uses === undefined || code === undefined || (guest === undefined) === (user === undefined))
      return { errcode: 2002 };
    const openId = guest ?? user ?? "";
    if (!isUser(openId)) return { errcode: 4010 };
    // The reasons for refusing a code are not distinguished.
    const errcode = scene === SCENE_TYPES.form ? 4003 : 4004;
    const isGuests = scene === SCENE_TYPES.form && code.endsWith("0");
    if (isGuests !== (guest !== undefined)) return { errcode };
    const { codes, now } = this.#options;
    const issued = codes.find(code, openId);
    if (issued === undefined || issued.openId !== openId || issued.expire <= now()) return { errcode };
    const isOther = issued.scene !== undefined && issued.scene !== scene;
    // Zero uses: registered as used up by another program.
    if (isOther || issued.uses === 0 || issued.used >= uses) return { errcode };
    codes.use(issued);
    return { errcode: 0, openId };
  }

  #sendBySubscription(form: Form, templateId: string): BaiduVerdict {
    const openId = form.get("touser_openId") ?? "";
    const subscribeId = form.get("subscribe_id") ?? "";
    if (openId === "" || subscribeId === "") return { errcode: 2002 };
    if (!isUser(openId)) return { errcode: 4010 };
    const key = keyOf({ openId, templateId, subscribeId });
    if (!(this.#subscriptions.get(key) ?? this.#options.acceptAny)) return { errcode: 4007 };
    this.#subscriptions.set(key, false);
    return { errcode: 0, openId };
  }
}

function keyOf({ openId, templateId, subscribeId }: SandboxSubscription): string {
  return `${openId} ${templateId} ${subscribeId}`;
}

/** Validates an item of a list of subscriptions. Throws a usage error. */
export function requireSubscription(value: unknown, place: string): SandboxSubscription {
  const subscription = requireObject(value, place);
  return {
    openId: requireString(subscription, "openId", place),
    templateId: requireString(subscription, "templateId", place),
    subscribeId: requireString(subscription, "subscribeId", place),
  };
}
