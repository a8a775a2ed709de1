import { usageError } from "../errors.ts";
import type { TokenProvider } from "./provider.ts";

/**
 * For a channel that signs its requests: it sends without a token, and any request for a token is a usage error.
 */
export function withoutTokens(channel: string): TokenProvider {
  const none = (): never => {
    throw usageError(
      `${channel} signs its requests: there is no access token`,
      "push-cli channels lists what each channel needs",
    );
  };
  return {
    get store() {
      return none();
    },
    get key() {
      return none();
    },
    get lock() {
      return none();
    },
    get elsewhere() {
      return none();
    },
    mode: "basic",
    cached: () => "",
    current: async () => "",
    renew: async () => none(),
    show: async () => none(),
    plan: async () => none(),
    refresh: async () => none(),
  };
}
