import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { findBuiltProgram } from "../helpers/built-program.ts";

const PROGRAM = findBuiltProgram();
const FILE = path.join(path.dirname(PROGRAM), "man/push-cli.1");

interface Described {
  path: string;
  description: string;
  options: { flags: string; description: string }[];
  commands: Described[];
}

function leavesOf(command: Described): Described[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

const readable = (roff: string) => roff.replace(/\\-/g, "-").replace(/\\&/g, "").replace(/\\e/g, "\\");

it("has every command with its options, those of all commands, and the exit codes", () => {
  const page = readable(readFileSync(FILE, "utf8"));
  const ask = (...args: string[]) => {
    const words = [PROGRAM, "help", ...args, "--json"];
    return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" }));
  };
  const program: Described = ask();
  const leaves = leavesOf(program);
  expect(leaves.length).toBeGreaterThan(30);
  for (const { path: name, description, options } of [...leaves, { ...program, path: "" }]) {
    if (name) expect(page).toContain(`.SS ${name}\n`);
    if (name) expect(page).toContain(`\n${description}.\n`);
    for (const { flags, description: text } of options) expect(page).toContain(`.B ${flags}\n${text}\n`);
  }
  for (const { code, meaning } of ask("exit-codes")) expect(page).toContain(`.B ${code}\n${meaning}\n`);
});

it("no line of a text is taken for a request, and groff has nothing to say", ({ skip }) => {
  const requests = readFileSync(FILE, "utf8").match(/^\.\w*/gm);
  expect([...new Set(requests)].sort()).toEqual([
    ".B",
    ".I",
    ".PP",
    ".SH",
    ".SS",
    ".TH",
    ".TP",
    ".fi",
    ".nf",
  ]);
  const groff = spawnSync("groff", ["-man", "-Tascii", "-ww", "-z", FILE], { encoding: "utf8" });
  skip(groff.error !== undefined, "there is no groff here");
  expect(groff).toMatchObject({ status: 0, stderr: "" });
});
