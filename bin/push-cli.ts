#!/usr/bin/env node
import { engines, version } from "../package.json";
import type { main } from "../src/main.ts";
import type { processIo } from "../src/output/process-io.ts";
import { loadChunk } from "./load.ts";
import { isOlder } from "./setup/version.mjs";

const words = process.argv.slice(2);
// Before loading anything that an older Node can't parse, or on which it would fail halfway.
const oldest = engines.node.replace(">=", "");
if (isOlder(process.versions.node, oldest)) {
  console.error(`error: push-cli needs Node ${oldest} or newer, this is ${process.versions.node}`);
  process.exit(5);
}
// `--version` alone, asked of every installation, takes no longer than Node itself.
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) console.log(version);
else void run();

async function run(): Promise<never> {
  const program = loadChunk("program.js") as { main: typeof main; processIo: typeof processIo };
  // Without pending events, Node would end a program that is still waiting as if it had succeeded.
  process.once("beforeExit", () => {
    process.stderr.write(
      "error: unexpected error: push-cli is waiting for something that will never happen\n",
    );
    process.exit(1);
  });
  // Signals are caught from here on.
  const io = program.processIo();
  process.exit(await program.main(words, io));
}
