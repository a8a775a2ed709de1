import { createJavaKeys } from "./java-keys.ts";
import { createKeys, type KeyPrefixes, type Keys } from "./keys.ts";

export interface PoolKeyOptions extends KeyPrefixes {
  /** How pools' keys are written; defaults to `plain`. */
  poolKeys?: "plain" | "java" | undefined;
}

/** Makes the keys for any combination of the settings. */
export function createPoolKeys(options: PoolKeyOptions): Keys {
  return options.poolKeys === "java" ? createJavaKeys(options) : createKeys(options);
}
