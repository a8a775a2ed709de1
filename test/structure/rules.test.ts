// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are source text
import { describe, expect, it } from "vitest";
import { findViolations } from "./rules.ts";

const PACKAGES = ["ioredis", "undici", "zod", "ora", "commander", "@scope/name"];
const check = (file: string, source: string) => findViolations(file, source, PACKAGES);

describe("the rules forbid", () => {
  it.each([
    ["a folder outside the table", "src/utils/x.ts", "", "has no place"],
    ["a loose file", "src/utils.ts", "", "has no place"],
    ["errors to import anything", "src/errors.ts", `import type { Clock } from "./clock.ts"`, "src/clock.ts"],
    [
      "another domain folder's functions",
      "src/broadcast/a.ts",
      `import { b } from "../pool/b.ts"`,
      "more than types",
    ],
    ["a lazy way around it", "src/broadcast/a.ts", `await import("../pool/b.ts")`, "more than types"],
    [
      "domain to redis, even types",
      "src/pool/a.ts",
      `import type { B } from "../redis/b.ts"`,
      "src/redis/b.ts",
    ],
    [
      "domain to wechat",
      "src/token/a.ts",
      `import { b } from "../platforms/wechat/b.ts"`,
      "src/platforms/wechat/b.ts",
    ],
    ["domain to output", "src/broadcast/a.ts", `import type { B } from "../output/b.ts"`, "src/output/b.ts"],
    [
      "wechat to domain beyond its ports",
      "src/platforms/wechat/a.ts",
      `import type { B } from "../../broadcast/engine.ts"`,
      "engine",
    ],
    [
      "http to a platform",
      "src/platforms/http/a.ts",
      `import { b } from "../wechat/b.ts"`,
      "src/platforms/wechat/b.ts",
    ],
    ["a platform to undici", "src/platforms/wechat/a.ts", `await import("undici")`, "touches undici"],
    [
      "wechat to redis",
      "src/platforms/wechat/a.ts",
      `import { b } from "../../redis/b.ts"`,
      "src/redis/b.ts",
    ],
    [
      "redis to wechat",
      "src/redis/a.ts",
      `import { b } from "../platforms/wechat/b.ts"`,
      "src/platforms/wechat/b.ts",
    ],
    [
      "redis to the engine's functions",
      "src/redis/a.ts",
      `import { b } from "../broadcast/b.ts"`,
      "more than types",
    ],
    ["redis to output", "src/redis/a.ts", `import { b } from "../output/b.ts"`, "src/output/b.ts"],
    [
      "config to output's functions",
      "src/config/a.ts",
      `import { b } from "../output/b.ts"`,
      "more than types",
    ],
    [
      "output to domain",
      "src/output/a.ts",
      `import type { B } from "../broadcast/b.ts"`,
      "src/broadcast/b.ts",
    ],
    [
      "the sandbox to the client",
      "src/sandbox/a.ts",
      `import { b } from "../platforms/wechat/sender.ts"`,
      "sender",
    ],
    [
      "the engine to an errcode",
      "src/broadcast/a.ts",
      "if (answer.errcode === 41029) settle();",
      "names an errcode",
    ],
    ["commands to redis", "src/commands/a.ts", `import type { B } from "../redis/b.ts"`, "src/redis/b.ts"],
    [
      "commands to wechat",
      "src/commands/pool/a.ts",
      `await import("../../platforms/wechat/b.ts")`,
      "src/platforms/wechat/b.ts",
    ],
    ["commands to main", "src/commands/a.ts", `import { main } from "../main.ts"`, "src/main.ts"],
    [
      "the entry file to more than main",
      "bin/push-cli.ts",
      `import { b } from "../src/redis/b.ts"`,
      "src/redis/b.ts",
    ],
    ["the program to test code", "src/main.ts", `import { b } from "../test/b.ts"`, "test/b.ts"],
    ["a computed import", "src/main.ts", "await import(name)", "computes"],
    ["ioredis outside redis", "src/commands/a.ts", `import type { Redis } from "ioredis"`, "touches ioredis"],
    ["ioredis in main", "src/main.ts", `await import("ioredis")`, "touches ioredis"],
    ["undici outside wechat", "src/token/a.ts", `await import("undici")`, "touches undici"],
    [
      "a costly module at the top",
      "src/redis/a.ts",
      `import { Redis } from "ioredis"`,
      "before it is needed",
    ],
    ["a package that is not installed with it", "src/output/a.ts", `import x from "vitest"`, "no dependency"],
    ["node:fs in commands", "src/commands/a.ts", `import { readFileSync } from "node:fs"`, "the file system"],
    ["node:fs/promises in redis", "src/redis/a.ts", `await import("node:fs/promises")`, "the file system"],
    [
      "child processes in commands",
      "src/commands/a.ts",
      `import { spawn } from "node:child_process"`,
      "child processes",
    ],
    ["process in domain code", "src/pool/a.ts", "process.nextTick(f)", "touches process"],
    ["process in a template", "src/pool/a.ts", "`${process.pid}`", "touches process"],
    ["process by the back door", "src/pool/a.ts", "globalThis.process.pid", "touches process"],
    ["process as a module", "src/config/a.ts", `import { env } from "node:process"`, "as a module"],
    ["the environment in main", "src/main.ts", "process.env.HOME", "the environment"],
    ["the environment in the sandbox", "src/sandbox/a.ts", "process.env.HOME", "the environment"],
    ["stdout in commands", "src/commands/a.ts", `process.stdout.write("x")`, "streams"],
    ["stderr in config", "src/config/a.ts", `process.stderr.write("x")`, "streams"],
    ["console in domain code", "src/token/a.ts", "console.log(1)", "streams"],
    ["Date.now in domain code", "src/token/a.ts", "Date.now()", "clock or chance"],
    ["new Date() in domain code", "src/pool/a.ts", "new Date()", "clock or chance"],
    ["new Date in domain code", "src/pool/a.ts", "const at = new Date;", "clock or chance"],
    ["Math.random in domain code", "src/broadcast/a.ts", "Math.random()", "clock or chance"],
    ["packages in the set-up", "bin/setup/a.mjs", `import x from "left-pad"`, "no dependency"],
  ])("%s", (_, file, source, expected) => {
    expect(check(file, source).join("\n")).toContain(expected);
  });
});

describe("the rules allow", () => {
  it.each([
    [
      "domain to errors, clock and its own folder",
      "src/pool/a.ts",
      `import "../errors.ts"; import "./b.ts";`,
    ],
    ["domain to another's types", "src/broadcast/a.ts", `import type { Code } from "../pool/code.ts"`],
    ["a date made of a number", "src/pool/a.ts", "new Date(expireMs).toISOString()"],
    ["words in comments and strings", "src/pool/a.ts", `// Date.now()\nconst a = "process.env console";`],
    ["properties of those names", "src/pool/a.ts", "const a = { process: 1 }; a.process; this.console;"],
    ["platforms/http to undici", "src/platforms/http/a.ts", `await import("undici");`],
    [
      "wechat to the ports and http",
      "src/platforms/wechat/a.ts",
      `import type { S } from "../../broadcast/ports.ts"; import { openHttp } from "../http/http.ts";`,
    ],
    [
      "redis to the codec, its scripts and ioredis",
      "src/redis/a.ts",
      `import "../pool/code.ts"; import x from "./lua/x.lua"; import type { Redis } from "ioredis"; await import("ioredis");`,
    ],
    ["the report file to write", "src/output/report-file.ts", `import { open } from "node:fs/promises"`],
    ["the process's streams to output", "src/output/process-io.ts", "const io = { stdout: process.stdout };"],
    [
      "the sandbox to wire types",
      "src/sandbox/a.ts",
      `import type { W } from "../platforms/wechat/wire.ts";`,
    ],
    [
      "what starts a Redis to processes",
      "src/local-redis/a.ts",
      `import "../errors.ts"; import "node:child_process"; process.on("exit", f);`,
    ],
    [
      "commands to domain and output",
      "src/commands/pool/a.ts",
      `import "../../pool/a.ts"; import "../../output/b.ts"; import type { S } from "../../sandbox/a.ts";`,
    ],
    [
      "main to everything",
      "src/main.ts",
      `await import("./redis/a.ts"); import "./commands/a.ts"; import "commander";`,
    ],
  ])("%s", (_, file, source) => {
    expect(check(file, source)).toEqual([]);
  });
});
