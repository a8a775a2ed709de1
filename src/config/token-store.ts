import type { TokenKeeper, TokenStoreChoice } from "../token/ports.ts";
import { isWord } from "./value-checks.ts";

/** What may follow a keeper's `=`. */
const ARGUMENTS: Record<TokenKeeper, "none" | "prefix" | "key"> = {
  "push-cli": "none",
  wxjava: "prefix",
  "wxjava-redisson": "prefix",
  silenceper: "prefix",
  wechatpy: "prefix",
  powerwechat: "none",
  key: "key",
};

const KEEPERS = Object.keys(ARGUMENTS) as TokenKeeper[];

/** As shown in completions and lists. */
export const TOKEN_STORES = KEEPERS.map((keeper) => (ARGUMENTS[keeper] === "key" ? `${keeper}=` : keeper));

export const TOKEN_STORE_HINT =
  "use push-cli (the default), wxjava, wxjava-redisson, silenceper, wechatpy, powerwechat or key=<name of the key>; for a custom prefix of the SDK, wxjava=<prefix>";

/** The problem of a value, as the end of a sentence about it. */
export function tokenStoreProblem(value: string): string | undefined {
  const { keeper, argument } = parseTokenStore(value);
  const takes = Object.hasOwn(ARGUMENTS, keeper) ? ARGUMENTS[keeper] : undefined;
  if (takes === undefined) return "is not a token store";
  if (argument === undefined) return takes === "key" ? "does not name a key" : undefined;
  if (takes === "none") return `is not a token store: ${keeper} takes no prefix`;
  if (!isWord(argument)) return `needs a ${takes} after =, without spaces`;
  return undefined;
}

/** `wxjava`, `wxjava=<prefix>`, `key=<name>`. Only for valid values. */
export function parseTokenStore(value: string): TokenStoreChoice {
  const at = value.indexOf("=");
  if (at < 0) return { keeper: value as TokenKeeper };
  return { keeper: value.slice(0, at) as TokenKeeper, argument: value.slice(at + 1) };
}
