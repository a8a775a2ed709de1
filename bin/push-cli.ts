#!/usr/bin/env node
import { main } from "../src/main.ts";
import { processIo } from "../src/output/process-io.ts";

process.exit(await main(process.argv.slice(2), processIo()));
