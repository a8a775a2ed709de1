import { spawn } from "node:child_process";
import type { Io } from "./io.ts";

/** `F`: text that fits on the screen is printed; `R`: colours; `X`: it stays on the screen. The same as git's. */
const LESS = "FRX";

/**
 * Shows a text with the program in PAGER, or with less, on the terminal that is stdout. False when there is none, or none is
 * wanted (`PAGER=cat`, `PAGER=`, `TERM=dumb`): then nothing has been shown. It does not matter whether the user reads to the
 * end.
 */
export async function showInPager(text: string, env: Io["env"], onSignal: Io["onSignal"]): Promise<boolean> {
  const { PAGER = "less", TERM } = env;
  if (["", "cat"].includes(PAGER.trim()) || TERM === "dumb") return false;
  // PAGER may be any shell command; less is started without a shell, which would print a message if less were missing.
  const [command, ...args] = PAGER === "less" ? ["less", "-R"] : ["sh", "-c", PAGER];
  const child = spawn(command as string, args, {
    stdio: ["pipe", "inherit", "inherit"],
    env: { LESS, LESSCHARSET: "utf-8", ...env },
  });
  // Ctrl-C belongs to the pager: it ends a search there. Any other signal ends the pager, and us after it.
  const undo = onSignal((signal) => {
    if (signal !== "SIGINT") child.kill();
  });
  child.stdin.on("error", () => {}); // EPIPE: the user has seen enough
  child.stdin.end(text);
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(NOT_FOUND));
    child.once("close", (status) => resolve(status ?? 0));
  });
  undo();
  return code !== NOT_FOUND && code !== NOT_EXECUTABLE;
}

/** The shell's exit code. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
