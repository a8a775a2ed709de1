/** What is looked at, in the order in which it is shown. */
export const GROUPS = [
  "settings",
  "redis",
  "pools",
  "api",
  "token",
  "quota",
  "templates",
  "collector",
] as const;
export type Group = (typeof GROUPS)[number];

/** `skipped`: it does not apply here, or what it needs has failed. */
export type CheckState = "passed" | "warning" | "failed" | "skipped";

/** One line of `doctor`; its JSON form is a contract. Holds no secret. */
export interface Check {
  group: Group;
  /** Of its own in its group. */
  name: string;
  state: CheckState;
  found: string;
  /** The command to run or the setting to change. */
  remedy?: string;
  /** How long it took to find out. */
  ms?: number;
}

/** A check whose group is known by where it comes from. */
export type Finding = Omit<Check, "group">;

interface More {
  remedy?: string | undefined;
  ms?: number | undefined;
}

export function passed(name: string, found: string, more?: More): Finding {
  return finding("passed", name, found, more);
}

export function warning(name: string, found: string, more?: More): Finding {
  return finding("warning", name, found, more);
}

export function failed(name: string, found: string, more?: More): Finding {
  return finding("failed", name, found, more);
}

export function skipped(name: string, found: string, more?: More): Finding {
  return finding("skipped", name, found, more);
}

function finding(state: CheckState, name: string, found: string, { remedy, ms }: More = {}): Finding {
  return {
    name,
    state,
    found,
    ...(remedy !== undefined && { remedy }),
    ...(ms !== undefined && { ms }),
  };
}
