import type { TokenCheck } from "../broadcast/channel.ts";
import type { Clock } from "../clock.ts";
import type { Settings } from "../config/settings.ts";
import type { StoredToken } from "../token/ports.ts";
import type { Ask, Outcome } from "./outcome.ts";
import type { ApiProbe, DoctorTools, RedisProbe } from "./ports.ts";

/** What the checks of all groups share: each is opened once, when the first needs it. */
export interface Examination {
  settings: Settings;
  ask: Ask;
  clock: Clock;
  timeoutMs: number;
  redis(): Promise<Outcome<RedisProbe>>;
  api(): Promise<Outcome<ApiProbe>>;
  account(): Promise<Account>;
  tools: DoctorTools;
}

/** What could be found out with the credentials and the token; undefined: it was not asked, and `why` not. */
export interface Account {
  stored: Outcome<{ key: string; token: StoredToken | undefined }> | undefined;
  /** A token by the credentials, which is stored nowhere. */
  issued: Outcome<string> | { why: string };
  /** The stored token, or else the issued one. */
  token: string | undefined;
  checked: Outcome<TokenCheck> | { why: string };
}
