/**
 * Installs what `npm run demo` and `npm test` need on a fresh machine: a redis-server, the npm packages, the build; for
 * the tests (--with-chromium) also a browser. Whatever exists already is left alone, so a second run prints nothing. Node
 * built-ins only, in syntax that Node 14 can parse: an old Node has to get as far as the version check.
 */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, installChromium } from "./setup/chromium.mjs";
import { isLocked, withLock } from "./setup/lock.mjs";
import { build, installPackages, isBuilt, isInstalled } from "./setup/packages.mjs";
import { hasRedis, installRedis } from "./setup/redis.mjs";
import { endOnSignals, SetupError, say } from "./setup/run.mjs";
import { isOlder } from "./setup/version.mjs";

async function main(root) {
  checkNode(root);
  const browser = { isDone: () => findChromium() !== undefined, run: () => installChromium() };
  // These two first: only they may need something from the user, who should not have to wait for npm to learn it.
  const steps = [
    { isDone: () => hasRedis(), run: () => installRedis() },
    ...(process.argv.includes("--with-chromium") ? [browser] : []),
    { isDone: () => isInstalled(root), run: () => installPackages(root) },
    { isDone: () => isBuilt(root), run: () => build(root) },
  ];
  const lock = path.join(root, ".setup.lock");
  // While another set-up is running, a step that looks done may be half done.
  if (isLocked(lock) || !steps.every((step) => step.isDone())) {
    await withLock(lock, async () => {
      for (const step of steps) if (!step.isDone()) await step.run();
    });
  }
  // The scripts for the demo and the tests continue by themselves.
  if (process.env.npm_lifecycle_event === "setup") say("ready; next: npx push-cli demo");
}

function checkNode(root) {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const oldest = engines.node.replace(/^>=\s*/, "");
  if (isOlder(process.versions.node, oldest)) {
    throw new SetupError(`Node ${oldest} or newer is needed; this is Node ${process.versions.node}`);
  }
}

endOnSignals();
main(path.dirname(path.dirname(fileURLToPath(import.meta.url)))).catch((error) => {
  const isForeseen = error instanceof SetupError || error.syscall; // a file system error, such as a folder that can't be written
  if (!isForeseen) throw error;
  if (error.output) process.stderr.write(`${error.output.trimEnd()}\n`);
  say(error.message);
  process.exitCode = 1;
});
