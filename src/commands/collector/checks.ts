/** `off`: it is not asked for, and the collector works without. */
export type CheckState = "ok" | "off" | "missing" | "wrong";

/** One line of `collector check`; its JSON form is a contract. Holds no secret. */
export interface Check {
  name: string;
  state: CheckState;
  /** Where it was given: a variable, a flag, a place in a file. */
  from?: string;
  /** What it is for, or what it means that it is off. */
  what: string;
  /** Of what is missing or wrong. */
  problem?: string;
  hint?: string;
}

export function isBad({ state }: Check): boolean {
  return state === "missing" || state === "wrong";
}
