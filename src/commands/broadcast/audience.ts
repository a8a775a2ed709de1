import { type Audience, listAudience } from "../../broadcast/audience.ts";
import type { Message } from "../../broadcast/channel.ts";
import { ESCAPE_HINT } from "../../broadcast/values.ts";
import { usageError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { listOpenIds } from "../open-ids.ts";
import { readAudienceFile } from "./audience-file.ts";

export interface AudienceFlags {
  to?: string[];
  toFile?: string;
  encoding?: string;
  skipBadRows?: boolean;
  excludeFile?: string;
}

const UNDONE = "nothing was sent";

/** Throws a usage error for flags that don't go together, or not with the message. */
export function checkAudienceFlags(
  { to, toFile, encoding, skipBadRows, excludeFile }: AudienceFlags,
  message: Message,
): void {
  if (to && toFile)
    throw usageError("--to and --to-file can't be used together", "add all openIds to the file");
  if (toFile !== undefined) return;
  if (encoding !== undefined && excludeFile === undefined)
    throw usageError("--encoding requires --to-file", "add --to-file, or omit --encoding");
  if (skipBadRows)
    throw usageError("--skip-bad-rows requires --to-file", "add --to-file, or omit --skip-bad-rows");
  const column = message.columns?.[0];
  if (column === undefined) return;
  throw usageError(
    `{{${column}}} refers to a column of --to-file, which is missing`,
    `add --to-file; ${ESCAPE_HINT}`,
  );
}

/** The audience that the flags name: every pool unless listed. Duplicates are dropped, bad openIds are an error. */
export async function loadAudience(deps: Deps, flags: AudienceFlags, message: Message): Promise<Audience> {
  const { to, toFile, encoding, skipBadRows = false } = flags;
  if (to) return listAudience(await listOpenIds(deps, to, { option: "--to", undone: UNDONE }));
  if (toFile === undefined) return { kind: "pools" };
  return readAudienceFile(deps, { path: toFile, encoding, message, skipBadRows });
}
