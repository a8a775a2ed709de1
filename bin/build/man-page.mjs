import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** Writes the page for `man push-cli` from what the built program says of its own commands. */
export function buildManPage(root, outdir) {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const ask = (...args) =>
    JSON.parse(
      execFileSync(process.execPath, [path.join(outdir, "push-cli.js"), "help", ...args, "--json"], {
        encoding: "utf8",
      }),
    );
  const folder = path.join(outdir, "man");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "push-cli.1"), renderManPage(ask(), ask("exit-codes"), version));
}

/** In the macros of man(7). */
function renderManPage(program, exitCodes, version) {
  return [
    `.TH PUSH-CLI 1 "" "push-cli ${version}" "User Commands"`,
    ".SH NAME",
    `push\\-cli \\- ${toRoff(lowerFirst(program.description))}`,
    ".SH SYNOPSIS",
    `.B ${toRoff(program.usage)}`,
    ".SH DESCRIPTION",
    "Data goes to standard output, messages and errors go to standard error.",
    "On a terminal, data are tables; in a pipe, rows separated by tabs; with \\-\\-json, JSON.",
    ".SH COMMANDS",
    ...leavesOf(program).flatMap(renderCommand),
    ".SH GLOBAL OPTIONS",
    "These go with every command.",
    ...program.options.flatMap(renderOption),
    ".SH EXIT STATUS",
    ...exitCodes.flatMap(({ code, meaning }) => [".TP", `.B ${code}`, toRoff(meaning)]),
    ".SH SEE ALSO",
    "The manual:",
    ".B push\\-cli help",
    "lists its pages, such as environment, formatting, guarantees and troubleshooting.",
    "",
  ].join("\n");
}

function leavesOf(command) {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function renderCommand({ path: name, usage, description, arguments: words, options }) {
  return [
    `.SS ${toRoff(name)}`,
    ".nf",
    ...usage.split("\n").map((line) => `.B ${toRoff(line.trim())}`),
    ".fi",
    ".PP",
    `${toRoff(description)}.`,
    ...words.flatMap((word) => [".TP", `.I ${toRoff(word.name)}`, toRoff(word.description)]),
    ...options.flatMap(renderOption),
  ];
}

function renderOption({ flags, description }) {
  return [".TP", `.B ${toRoff(flags)}`, toRoff(description)];
}

function lowerFirst(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Text as it stands: no line of it is a request, no character a command. */
function toRoff(text) {
  const plain = text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/\s*\n\s*/g, " ");
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}
