import type { Readable } from "node:stream";
import type { Audience } from "../../broadcast/broadcast.ts";
import { openInput } from "../../config/input-file.ts";
import { readRecords } from "../../config/records.ts";
import { PushCliError, usageError } from "../../errors.ts";
import type { Deps } from "../deps.ts";

export interface AudienceFlags {
  to?: string[];
  toFile?: string;
}

/** The audience that the flags name: every pool unless listed. Duplicates are dropped, bad openIds are an error. */
export async function loadAudience(deps: Deps, flags: AudienceFlags): Promise<Audience> {
  if (flags.to && flags.toFile)
    throw usageError("--to and --to-file exclude each other", "put them all into the file");
  if (!flags.to && flags.toFile === undefined) return { kind: "pools" };
  const { isOpenId } = await deps.stores();
  const openIds = flags.to
    ? checkListed(flags.to, isOpenId)
    : await readListed(openInput(flags.toFile ?? "-", deps.io), flags.toFile ?? "-", isOpenId);
  if (openIds.size === 0) {
    throw new PushCliError("nothing", `there is no openId in ${flags.toFile}`, {
      hint: "one openId a line, or CSV or NDJSON with an openId column",
    });
  }
  return { kind: "list", openIds: [...openIds] };
}

function checkListed(openIds: string[], isOpenId: (text: string) => boolean): Set<string> {
  for (const openId of openIds) {
    // `--to --yes`: the option took the next one for its value.
    if (!isOpenId(openId) || openId.startsWith("--"))
      throw usageError(`--to '${openId}' is not an openId`, "no spaces, no braces, up to 128 characters");
  }
  return new Set(openIds);
}

/** All of the file before anything is sent: a bad line in the middle must not be found out halfway. */
async function readListed(
  input: Readable,
  name: string,
  isOpenId: (text: string) => boolean,
): Promise<Set<string>> {
  const openIds = new Set<string>();
  for await (const { line, fields, error } of readRecords(input, ["openId"])) {
    const { openId } = fields;
    if (error !== undefined) throw badLine(name, line, error);
    if (typeof openId !== "string" || !isOpenId(openId))
      throw badLine(name, line, `${quote(openId)} is not an openId`);
    openIds.add(openId);
  }
  return openIds;
}

function quote(value: unknown): string {
  return value === undefined || value === "" ? "nothing" : `'${String(value)}'`;
}

function badLine(name: string, line: number, why: string): PushCliError {
  return usageError(
    `${name === "-" ? "stdin" : name}, line ${line}: ${why}`,
    "nothing was sent; mend the line and run again",
  );
}
