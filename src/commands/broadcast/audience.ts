import type { Audience } from "../../broadcast/broadcast.ts";
import { usageError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { listOpenIds, readOpenIds } from "../open-ids.ts";

export interface AudienceFlags {
  to?: string[];
  toFile?: string;
  encoding?: string;
}

const UNDONE = "nothing was sent";

/** The audience that the flags name: every pool unless listed. Duplicates are dropped, bad openIds are an error. */
export async function loadAudience(deps: Deps, flags: AudienceFlags): Promise<Audience> {
  const { to, toFile, encoding } = flags;
  if (to && toFile) throw usageError("--to and --to-file exclude each other", "put them all into the file");
  if (to) return { kind: "list", openIds: await listOpenIds(deps, to, { option: "--to", undone: UNDONE }) };
  if (encoding !== undefined && toFile === undefined)
    throw usageError("--encoding is for a file", "give --to-file, too");
  if (toFile === undefined) return { kind: "pools" };
  return {
    kind: "list",
    openIds: [...(await readOpenIds(deps, toFile, { undone: UNDONE, encoding, isAudience: true }))],
  };
}
