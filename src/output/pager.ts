import { spawn } from "node:child_process";
import type { Io } from "./io.ts";

/** `F`: what fits on the screen is printed; `R`: colours; `X`: it stays on the screen. As git has it. */
const LESS = "FRX";

/**
 * Shows a text by the program that PAGER names, else by less, on the terminal that stdout is. False where there is none to be
 * had, or none is wanted (`PAGER=cat`, `PAGER=`, `TERM=dumb`): then nothing has been shown. Whether the reader sees it to the
 * end is no matter.
 */
export async function showInPager(text: string, env: Io["env"], onSignal: Io["onSignal"]): Promise<boolean> {
  const { PAGER = "less", TERM } = env;
  if (["", "cat"].includes(PAGER.trim()) || TERM === "dumb") return false;
  // The shell understands what PAGER may be; less by itself needs none, and no word of it that less is not there.
  const [command, ...args] = PAGER === "less" ? ["less", "-R"] : ["sh", "-c", PAGER];
  const child = spawn(command as string, args, {
    stdio: ["pipe", "inherit", "inherit"],
    env: { LESS, LESSCHARSET: "utf-8", ...env },
  });
  // Ctrl-C is the pager's: it ends a search there. Any other signal ends the pager, and us after it.
  const undo = onSignal((signal) => {
    if (signal !== "SIGINT") child.kill();
  });
  child.stdin.on("error", () => {}); // EPIPE: the reader has seen enough
  child.stdin.end(text);
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(NOT_FOUND));
    child.once("close", (status) => resolve(status ?? 0));
  });
  undo();
  return code !== NOT_FOUND && code !== NOT_EXECUTABLE;
}

/** Of the shell. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
