import { type ChildProcess, spawn } from "node:child_process";

/**
 * Kills process `pid` and removes `dir` when our own process ends without calling `dismiss`, even by SIGKILL: the kernel
 * then closes the pipe that this little shell reads from. An 'exit' hook alone is not run on death by a signal.
 */
export function startWatchdog(pid: number, dir: string): { dismiss(): void } {
  const script = 'read -r word || { kill -9 "$1"; rm -rf -- "$2"; }';
  const shell = spawn("sh", ["-c", script, "sh", String(pid), dir], {
    // A session of its own, or a Ctrl-C in the terminal would end the watchdog before the watched process.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  unref(shell);
  return { dismiss: () => shell.stdin?.end("dismissed\n") };
}

/** Neither the shell nor its pipe keeps our process running. */
function unref(shell: ChildProcess): void {
  // Without a shell on this machine there is no watchdog, and the 'exit' hook has to suffice.
  shell.on("error", () => {});
  shell.stdin?.on("error", () => {});
  shell.unref();
  (shell.stdin as { unref?: () => void } | null)?.unref?.();
}
