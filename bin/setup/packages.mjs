import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { runFirst, say } from "./run.mjs";

// Both stamps are stored where `npm ci` removes them with the rest, and not in dist, which npm packs.
const LOCK_STAMP = "node_modules/.push-cli-lock";
const BUILD_STAMP = "node_modules/.push-cli-build";
const PROGRAM = "dist/push-cli.js";

/** Whether node_modules was installed from the current package-lock.json. */
export function isInstalled(root) {
  return readStamp(root, LOCK_STAMP) === digest(root, ["package-lock.json"]);
}

export async function installPackages(root) {
  const stamp = digest(root, ["package-lock.json"]);
  say("installing npm packages ...");
  // An inherited NODE_ENV=production must not leave out the build and test tools.
  await runFirst("npm", [["ci", "--include=dev", "--no-audit", "--no-fund"]], { cwd: root });
  fs.mkdirSync(path.join(root, "node_modules"), { recursive: true });
  fs.writeFileSync(path.join(root, LOCK_STAMP), stamp);
}

/** Whether dist was built from the current sources. */
export function isBuilt(root) {
  return fs.existsSync(path.join(root, PROGRAM)) && readStamp(root, BUILD_STAMP) === digestSources(root);
}

export async function build(root) {
  const stamp = digestSources(root);
  say("building dist ...");
  fs.rmSync(path.join(root, "dist"), { recursive: true, force: true }); // otherwise chunks of older builds would accumulate
  await runFirst("npm", [["run", "build"]], { cwd: root });
  fs.chmodSync(path.join(root, PROGRAM), 0o755);
  fs.writeFileSync(path.join(root, BUILD_STAMP), stamp);
}

function digestSources(root) {
  const bin = listFiles(root, "bin").filter((file) => file.endsWith(".ts") || file.startsWith("bin/build"));
  return digest(root, ["package.json", "package-lock.json", ...bin, ...listFiles(root, "src")]);
}

function listFiles(root, folder) {
  const entries = fs.readdirSync(path.join(root, folder), { withFileTypes: true });
  const files = entries.flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    return entry.isDirectory() ? listFiles(root, file) : [file];
  });
  return files.sort();
}

function digest(root, files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(fs.readFileSync(path.join(root, file)));
  return hash.digest("hex");
}

function readStamp(root, file) {
  const stamp = path.join(root, file);
  return fs.existsSync(stamp) ? fs.readFileSync(stamp, "utf8") : undefined;
}
