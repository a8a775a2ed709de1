/** Whether stdin is the list of openIds (`--to -`, `--to-file -`), so that nobody can answer a question there. */
export function takesStdin(flags: { to?: string[]; toFile?: string }): boolean {
  return flags.toFile === "-" || (flags.to?.includes("-") ?? false);
}
