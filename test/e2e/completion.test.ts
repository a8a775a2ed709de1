import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { NO_TERMINAL, useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli();
/** Stands before the program in PATH: completes by it, and of all else shows the words that it was given. */
const bin = join(cli.folder, "bin");

beforeAll(() => {
  mkdirSync(bin);
  const program = `'${process.execPath}' '${cli.program}'`;
  const lines = [
    "#!/bin/sh",
    `case $1 in __complete*|completion) exec ${program} "$@";; esac`,
    "printf 'ran:'; printf '<%s>' \"$@\"; echo",
  ];
  writeFileSync(join(bin, "push-cli"), `${lines.join("\n")}\n`);
  chmodSync(join(bin, "push-cli"), 0o755);
  cli.env.PATH = `${bin}:${process.env.PATH}`;
  const profiles = { "my shop": {}, "shop:a": {}, "shop:b": {}, "it's": {} };
  writeFileSync(join(cli.folder, "push-cli.config.json"), JSON.stringify({ profiles }));
  writeFileSync(join(cli.folder, "audience one.csv"), "openId\n");
});

const isThere = (program: string) => {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

describe("bash", () => {
  /** COMPREPLY for a line with the cursor at its end; `words` are those that bash itself makes of it. */
  async function reply(line: string, words: string[], more = ""): Promise<string[]> {
    const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
    const source = [
      "source <(push-cli completion bash)",
      more,
      `COMP_LINE=${quote(line)} COMP_POINT=\${#COMP_LINE} COMP_CWORD=${words.length - 1}`,
      `COMP_WORDS=(${words.map(quote).join(" ")})`,
      "_push_cli",
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
    ];
    const done = await cli.spawn("bash", ["--norc", "-c", source.join("\n")], { stdin: "" }).done;
    expect([done.code, done.stderr]).toEqual([0, ""]);
    return done.stdout.split("\n").slice(0, -1);
  }

  it.each([
    ["a command", "push-cli chan", ["push-cli", "chan"], ["channels"]],
    [
      "a value behind =, which bash takes for a word of its own",
      "push-cli --channel=wechat-s",
      ["push-cli", "--channel", "=", "wechat-s"],
      ["wechat-subscribe"],
    ],
    [
      "a value that goes on behind a colon",
      "push-cli --profile shop:",
      ["push-cli", "--profile", "shop", ":"],
      ["a", "b"],
    ],
    ["a value with a blank", "push-cli --profile my", ["push-cli", "--profile", "my"], ["my\\ shop"]],
    ["a value in quotes", 'push-cli --profile "my', ["push-cli", "--profile", '"my'], ["my shop"]],
    ["a value with a quote", "push-cli --profile it", ["push-cli", "--profile", "it"], ["it\\'s"]],
    [
      "a value behind a word in quotes",
      "push-cli --profile 'my shop' tok",
      ["push-cli", "--profile", "'my shop'", "tok"],
      ["token"],
    ],
    ["a file", "push-cli pool import aud", ["push-cli", "pool", "import", "aud"], ["audience one.csv"]],
    [
      "a file behind =",
      "push-cli --config=push",
      ["push-cli", "--config", "=", "push"],
      ["push-cli.config.json"],
    ],
    ["nothing", "push-cli pool show x", ["push-cli", "pool", "show", "x"], [""]],
  ])("completes %s", async (_what, line, words, expected) => {
    expect(await reply(line, words)).toEqual(expected);
  });

  it("describes what there is to choose from, within the width of the terminal", async () => {
    const lines = await reply("push-cli p", ["push-cli", "p"], "COLUMNS=40");
    expect(lines.map((line) => line.slice(0, 17))).toEqual(["pool   (Show, fil", "purge  (Remove ex"]);
    for (const line of lines) expect(line.length).toBeLessThan(40);
  });

  it("inserts what it walks through without descriptions", async () => {
    expect(await reply("push-cli p", ["push-cli", "p"], "COMP_TYPE=37")).toEqual(["pool", "purge"]);
  });

  it("looks at no more than what stands before the cursor", async () => {
    const words = ["push-cli", "chanXYZ"];
    expect(await reply("push-cli chan", words)).toEqual(["channels"]);
  });

  it.skipIf(NO_TERMINAL)("completes what is typed in an interactive shell", async () => {
    const shell = cli.spawn("script", ["-qec", "bash --norc --noprofile -i", "/dev/null"]);
    shell.type("source <(push-cli completion bash)\n");
    for (const [typed, ran] of [
      ["push-cli pool li\t\n", "ran:<pool><list>"],
      ["push-cli --channel=wechat-s\t\n", "ran:<--channel=wechat-subscribe>"],
      ["push-cli --profile my\t\n", "ran:<--profile><my shop>"],
      ['push-cli --profile "my\t\n', "ran:<--profile><my shop>"],
      ["push-cli --profile sho\tb\n", "ran:<--profile><shop:b>"],
      ["push-cli --profile shop:a\t\n", "ran:<--profile><shop:a>"],
      [
        "push-cli --config=push\t pool list --sort v\t\n",
        "ran:<--config=push-cli.config.json><pool><list><--sort><valid>",
      ],
      ["push-cli pool import aud\t\n", "ran:<pool><import><audience one.csv>"],
      ["push-cli broadcast list --status dead,st\t\n", "ran:<broadcast><list><--status><dead,stopped>"],
    ] as const) {
      shell.type(typed);
      await shell.shows(new RegExp(`${ran.replace(/[[\]().*+?^$|\\]/g, "\\$&")}\\r?\\n`));
    }
    shell.type("exit\n");
    await shell.done;
  });
});

describe.each([
  ["bash", "bash", ["-n"]],
  ["zsh", "zsh", ["-n"]],
  ["fish", "fish", ["--no-execute"]],
])("the script for %s", (shell, program, args) => {
  it.skipIf(!isThere(program))(`is one that ${program} can read`, async () => {
    const { stdout } = await cli.run(["completion", shell]);
    const file = join(cli.folder, `completion.${shell}`);
    writeFileSync(file, stdout);
    const done = await cli.spawn(program, [...args, file], { stdin: "" }).done;
    expect(done).toMatchObject({ code: 0, stderr: "" });
  });
});

it.skipIf(!isThere("pwsh"))("PowerShell completes by its script", async () => {
  const { stdout } = await cli.run(["completion", "powershell"]);
  const line = "push-cli chan";
  const ask = `(TabExpansion2 '${line}' ${line.length}).CompletionMatches.CompletionText`;
  const done = await cli.spawn("pwsh", ["-NoProfile", "-Command", `${stdout}\n${ask}`], { stdin: "" }).done;
  expect(done.stdout.trim()).toBe("channels");
});

it.skipIf(!isThere("fish"))("fish completes by its script", async () => {
  const source = "push-cli completion fish | source; complete -C 'push-cli chan'";
  const done = await cli.spawn("fish", ["--no-config", "-c", source], { stdin: "" }).done;
  expect(done.stdout).toMatch(/^channels\t/);
});

it.each(["bash", "zsh", "fish", "powershell"])(
  "completion %s prints a script, with --json in a document",
  async (shell) => {
    const { code, stdout, stderr } = await cli.run(["completion", shell]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("__complete");
    expect(JSON.parse((await cli.run(["completion", shell, "--json"])).stdout)).toEqual({
      shell,
      script: stdout,
    });
  },
);

it("completion of a shell that is not there names those that are", async () => {
  const { code, stderr } = await cli.run(["completion", "tcsh"]);
  expect(code).toBe(2);
  expect(stderr).toContain("bash, zsh, fish, powershell");
});
