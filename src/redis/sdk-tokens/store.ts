import { PushCliError } from "../../errors.ts";
import type { TokenStore } from "../../token/ports.ts";
import type { RedisLink } from "../link.ts";
import { FRESH, readStoredToken, type StoredForm } from "../token-form.ts";
import type { Account, TokenLayout } from "./layouts.ts";

/** When to look again at a token whose expiry is unknown. */
const ENDLESS_MS = 60_000;
/** The lease of JedisLock and of RedisTemplateSimpleDistributedLock: see `WxJavaLocks`. */
const WXJAVA_LEASE_MS = 60_000;

export interface SdkTokenOptions {
  /** As written in `--token-store`. */
  name: string;
  layout: TokenLayout;
  /** The account, without the appid, which comes with each call. */
  account: Omit<Account, "appid">;
  /** What push-cli's own processes lock if the SDK has no lock. */
  ownLockOf(appid: string): string;
  /** Epoch ms. */
  now(): number;
}

/** Describes the value of a key if it is not a readable token. */
interface Oddity {
  what: string;
}

/**
 * The token in the SDK's place. A value is replaced only if it has a form that the SDK writes, or if there is none:
 * anything else belongs to another program.
 */
export function createSdkTokenStore(link: RedisLink, options: SdkTokenOptions): TokenStore {
  const { name, layout, now } = options;
  const accountOf = (appid: string): Account => ({ ...options.account, appid });
  const keyOf = (appid: string) => layout.keyOf(accountOf(appid));
  /** The last form found: the value may have expired by the time a new one is written. */
  let lastForm: StoredForm | undefined;
  const read = async (key: string): Promise<StoredForm | Oddity | undefined> => {
    const type = await link.call(link.client.type(key));
    if (type === "none") return undefined;
    if (type !== "string") return { what: `it holds a ${type.toUpperCase()}, not a token` };
    const value = await link.call(link.client.getBuffer(key));
    if (value === null || value.length === 0) return undefined;
    const form = readStoredToken(value.toString("latin1"));
    if (form) lastForm = form;
    return form ?? { what: "it holds something that push-cli can't read as a token" };
  };
  const unfit = (found: StoredForm | Oddity | undefined): string | undefined => {
    if (found && "what" in found) return found.what;
    const form = found?.name ?? lastForm?.name;
    if (form === undefined || (layout.forms as readonly string[]).includes(form)) return undefined;
    return `it holds a token as ${FORMS[form]}, and push-cli writes ${layout.forms.map((each) => FORMS[each]).join(" or ")} there`;
  };
  return {
    name,
    guard: layout.guard,
    whyReadOnly: layout.whyReadOnly,
    elsewhere: layout.elsewhere,
    keyOf: (appid) => layout.shownKeyOf(accountOf(appid)),
    lockOf: (appid) =>
      layout.lockOf
        ? { key: layout.lockOf(accountOf(appid)), leaseMs: WXJAVA_LEASE_MS }
        : { key: options.ownLockOf(appid) },
    async load(appid) {
      const key = keyOf(appid);
      const [form, ttlMs] = await Promise.all([read(key), link.call(link.client.pttl(key))]);
      if (form === undefined || "what" in form || ttlMs === -2) return undefined;
      const { token } = form;
      if (ttlMs >= 0) return { token, expiresAtMs: now() + ttlMs };
      if (form.expiresAtMs !== undefined) return { token, expiresAtMs: form.expiresAtMs };
      return { token, expiresAtMs: now() + ENDLESS_MS, isEndless: true };
    },
    whyUnfit: async (appid) => unfit(await read(keyOf(appid))),
    async save(appid, token, ttlMs) {
      const key = keyOf(appid);
      const found = await read(key);
      const why = unfit(found);
      // It has changed since it was read.
      if (why !== undefined)
        throw new PushCliError("credentials", `"${this.keyOf(appid)}" was not written: ${why}`);
      const wrap =
        (found as StoredForm | undefined)?.wrap ?? lastForm?.wrap ?? FRESH[layout.forms[0] ?? "raw"];
      const value = Buffer.from(wrap(token, Math.floor(ttlMs / 1000)), "latin1");
      await link.call(link.client.set(key, value, "PX", Math.max(1, Math.floor(ttlMs))));
      return { overwrote: false };
    },
  };
}

const FORMS: Record<StoredForm["name"], string> = {
  raw: "plain text",
  "json-text": "a JSON text",
  "json-object": "a JSON object",
  php: "PHP serialises it",
  java: "Java serialises it",
};
