import { createJavaKeys } from "./java-keys.ts";
import { createKeys, type KeyPrefixes, type Keys } from "./keys.ts";

export interface PoolKeyOptions extends KeyPrefixes {
  /** How pools' keys are written: `plain` by default. */
  poolKeys?: "plain" | "java" | undefined;
}

/** The keys of every setting. */
export function createPoolKeys(options: PoolKeyOptions): Keys {
  return options.poolKeys === "java" ? createJavaKeys(options) : createKeys(options);
}
