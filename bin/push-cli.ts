#!/usr/bin/env node
import { engines, version } from "../package.json";
import { isOlder } from "./setup/version.mjs";

const words = process.argv.slice(2);
// Before anything is loaded that an older Node can't parse, or that it fails on in the middle of the work.
const oldest = engines.node.replace(">=", "");
if (isOlder(process.versions.node, oldest)) {
  console.error(`error: push-cli needs Node ${oldest} or newer, this is ${process.versions.node}`);
  process.exit(5);
}
// The question that is asked of every installation takes no longer than Node itself.
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) console.log(version);
else void run();

async function run(): Promise<never> {
  // Signals are caught from here on.
  const { processIo } = await import("../src/output/process-io.ts");
  const io = processIo();
  const { main } = await import("../src/main.ts");
  process.exit(await main(words, io));
}
