import { mkdirSync, readlinkSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { version } from "../../package.json";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli);

it.each([["--version"], ["pool", "stats"], ["broadcast", "T", "--yes"]])(
  "a Node that is too old is named in one line: %s",
  async (...argv) => {
    const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });`;
    const args = ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, cli.program, ...argv];
    const { code, stdout, stderr } = await cli.spawn(process.execPath, args, { stdin: "" }).done;
    expect({ code, stdout, stderr }).toEqual({
      code: 5,
      stdout: "",
      stderr: "error: push-cli needs Node 20.19 or newer, this is 18.20.8\n",
    });
  },
);

/** Runs in a folder that is removed before the program starts. */
function runInRemoved(argv: string) {
  const folder = join(cli.folder, "removed");
  mkdirSync(folder);
  const line = `cd "${folder}"; read go; exec "${process.execPath}" "${cli.program}" ${argv}`;
  const running = cli.spawn("bash", ["-c", `echo ready; ${line}`]);
  return running.shows(/ready/).then(async () => {
    // The shell prints before it changes into the folder, so it is asked where it is.
    await expect.poll(() => readlinkSync(`/proc/${running.child.pid}/cwd`)).toBe(folder);
    rmdirSync(folder);
    running.type("go\n");
    running.child.stdin?.end();
    return running.done;
  });
}

it.skipIf(process.platform !== "linux")(
  "a working folder that was removed holds no configuration",
  async () => {
    expect(await runInRemoved("--version")).toMatchObject({
      code: 0,
      stdout: `ready\n${version}\n`,
      stderr: "",
    });
    await giveUsers(world, 1);
    expect(await runInRemoved("pool stats --json")).toMatchObject({ code: 0, stderr: "" });
    const { code, stderr } = await runInRemoved("pool import codes.csv");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: [^\n]*cannot read [^\n]*\n/);
  },
);
