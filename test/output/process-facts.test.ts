import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { ProcessFacts } from "../../src/broadcast/record.ts";
import { fateOf, ownFacts } from "../../src/output/process-facts.ts";

const folder = mkdtempSync(join(tmpdir(), "process-facts-"));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of a process of this machine, as it would note them of itself. */
function factsOf(pid: number): ProcessFacts {
  const ticks = /^.*\) (?:\S+ ){19}(\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  expect(ticks).toMatch(/^\d+$/);
  return { ...ownFacts(), pid, startTicks: ticks };
}

async function start(command: string, args: string[]): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  return child as ChildProcess & { pid: number };
}

describe.skipIf(process.platform !== "linux")("the fate of a process", () => {
  it("is known of this very one", () => {
    expect(fateOf(ownFacts())).toBe("alive");
    expect(ownFacts()).toEqual(factsOf(process.pid));
  });

  it("is known of another one, while it is there and afterwards", async () => {
    const child = await start("sleep", ["60"]);
    const facts = factsOf(child.pid);
    expect(fateOf(facts)).toBe("alive");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(fateOf(facts)).toBe("gone");
  });

  it("is that of the one that had the pid before", async () => {
    const child = await start("sleep", ["60"]);
    expect(fateOf({ ...factsOf(child.pid), startTicks: "1" })).toBe("gone");
  });

  it("is known whatever the program is called", async () => {
    const program = join(folder, "s) S 1 (2");
    copyFileSync(execFileSync("which", ["sleep"], { encoding: "utf8" }).trim(), program);
    const child = await start(program, ["60"]);
    expect(readFileSync(`/proc/${child.pid}/comm`, "utf8")).toBe("s) S 1 (2\n");
    expect(fateOf(factsOf(child.pid))).toBe("alive");
  });

  it("is to be gone when only its parent has not asked yet how it ended", async () => {
    const child = await start("bash", ["-c", "sleep 0.01 & echo $!; exec sleep 60"]);
    const pid = await new Promise<number>((resolve) =>
      child.stdout?.once("data", (text) => resolve(Number(text))),
    );
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z ");
    expect(fateOf(factsOf(pid))).toBe("gone");
  });

  it.each<[string, Partial<ProcessFacts>]>([
    ["another host", { host: "other" }],
    ["another boot", { bootId: "other" }],
    ["another pid namespace", { namespaces: "pid:[1]" }],
    ["an unknown boot", { bootId: undefined }],
    ["unknown namespaces", { namespaces: undefined }],
    ["an unknown start", { startTicks: undefined }],
  ])("is unknown for %s, whether there is such a pid or not", (_, other) => {
    expect(fateOf({ ...ownFacts(), ...other })).toBe("unknown");
    expect(fateOf({ ...ownFacts(), pid: 2 ** 22 + 1, ...other })).toBe("unknown");
    expect(fateOf({ ...ownFacts(), pid: 2 ** 22 + 1 })).toBe("gone");
  });
});
