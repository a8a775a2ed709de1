#!/usr/bin/env node
import { engines } from "../package.json";
import { isOlder } from "./setup/version.mjs";

// Before anything is loaded that an older Node can't parse, or that it fails on in the middle of the work.
const oldest = engines.node.replace(">=", "");
if (isOlder(process.versions.node, oldest)) {
  console.error(`error: push-cli needs Node ${oldest} or newer, this is ${process.versions.node}`);
  process.exit(5);
}
// Signals are caught from here on.
const { processIo } = await import("../src/output/process-io.ts");
const io = processIo();
const { main } = await import("../src/main.ts");
process.exit(await main(process.argv.slice(2), io));
