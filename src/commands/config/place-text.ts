import { isAbsolute, relative } from "node:path";
import type { Deps } from "../deps.ts";

/** `file:line:column` as far as these are known; for people, the file as seen from here. */
export function placeText(
  { io, out }: Deps,
  {
    file = "",
    line,
    column,
  }: { file?: string | undefined; line?: number | undefined; column?: number | undefined },
): string {
  const near = relative(io.cwd, file);
  const isBelow = near !== "" && !near.startsWith("..") && !isAbsolute(near);
  const name = out.format === "human" && isBelow ? near : file;
  return [name, line, column].filter((part) => part !== undefined).join(":");
}
