/**
 * Makes the files that `bin/load.ts` reads in addition to those of dist/chunks: a copy of their text, and V8's compiled code
 * for it at the end of a command. Each command executes more of the program than the one before, starting from its cache.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

const COMMANDS = [["--help"], ["pool", "show", "x"], ["purge"]];

/** Loaded into the program before it starts. */
const KEEP = `
const fs = require("node:fs");
const vm = require("node:vm");
const scripts = new Map();
const { Script } = vm;
vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options);
    scripts.set(options.filename, this);
  }
};
process.on("exit", () => {
  for (const [file, script] of scripts) {
    const cache = file + "." + process.version + "-" + process.arch + ".cache";
    fs.writeFileSync(cache + ".new", Buffer.concat([fs.readFileSync(file), script.createCachedData()]));
    fs.renameSync(cache + ".new", cache);
  }
});
`;

/** `outdir` contains the program. */
export async function makeCaches(outdir) {
  const chunks = path.join(outdir, "chunks");
  for (const name of fs.readdirSync(chunks)) if (name.endsWith(".cache")) fs.rmSync(path.join(chunks, name));
  const keep = path.join(outdir, "keep.js");
  const redis = await startYesMan();
  try {
    fs.writeFileSync(keep, KEEP);
    for (const words of COMMANDS)
      await runToEnd(
        ["--require", keep, path.join(outdir, "push-cli.js"), ...words],
        outdir,
        redis.address().port,
      );
  } finally {
    redis.close();
    fs.rmSync(keep);
  }
}

/** Replies OK to all commands. That is not a valid reply to some, but until then a command takes its usual path. */
function startYesMan() {
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      const commands = bytes.toString().match(/^\*/gm) ?? [];
      socket.write("+OK\r\n".repeat(commands.length));
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/**
 * Environment variables must not influence how it is compiled. The exit code does not matter: it has been compiled by then.
 */
function runToEnd(args, cwd, port) {
  const env = { PUSH_CLI_REDIS_URL: `redis://127.0.0.1:${port}` };
  const child = spawn(process.execPath, args, { cwd, env, stdio: "ignore", timeout: 60_000 });
  return new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
}
