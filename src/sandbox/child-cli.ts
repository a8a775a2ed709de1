import { spawn } from "node:child_process";

/** A command in a process of its own, which can be killed like any other. */
export interface ChildCli {
  readonly pid: number | undefined;
  kill(): void;
  /** Resolves when it has ended. */
  ended: Promise<void>;
}

/** Starts the built program with only `env`; its output is discarded. */
export function startChildCli(
  program: string,
  argv: readonly string[],
  options: { env: Readonly<Record<string, string | undefined>>; cwd: string },
): ChildCli {
  const child = spawn(process.execPath, [program, ...argv], { ...options, stdio: "ignore" });
  return {
    pid: child.pid,
    kill: () => void child.kill("SIGKILL"),
    ended: new Promise((resolve) => {
      child.once("close", () => resolve());
      child.once("error", () => resolve());
    }),
  };
}
