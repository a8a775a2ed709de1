import { spawnSync } from "node:child_process";

/** Whether tests in a pid namespace of their own can't run here: it takes Linux, util-linux and the right to unshare. */
export const NO_UNSHARE = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status !== 0;
