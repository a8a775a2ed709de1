import { main } from "../../src/main.ts";
import { processIo } from "../../src/output/process-io.ts";
import { loadServer, runBareServer, runCollector } from "./collector-servers.ts";
import { importLoop } from "./import-loop.ts";
import { bareLoop, bareSweep, naiveLoop, rawLoop } from "./loops.ts";
import { runPinger } from "./ping.ts";
import { purgeLoop } from "./purge-loop.ts";
import { runSink } from "./sink.ts";

/** What one child measures of itself. CPU is that of the whole process, start-up included, as an operator would pay it. */
export interface Measured {
  seconds: number;
  cpuSeconds: number;
  maxRssMb: number;
  value?: unknown;
}

const [mode = "", ...args] = process.argv.slice(2);

async function measure(work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  const value = await work();
  const seconds = (performance.now() - started) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const measured: Measured = {
    seconds,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    maxRssMb: maxRSS / 1024,
    value,
  };
  process.send?.(measured);
  process.disconnect?.();
}

const number = (i: number) => Number(args[i]);
const text = (i: number) => args[i] ?? "";

if (mode === "sink") runSink(number(0));
else if (mode === "bare") await measure(() => bareLoop(text(0), number(1), number(2)));
else if (mode === "raw") await measure(() => rawLoop(text(0), number(1), number(2)));
else if (mode === "naive") await measure(() => naiveLoop(text(0), text(1), number(2)));
else if (mode === "sweep") await measure(() => bareSweep(text(0), text(1)));
else if (mode === "ping") runPinger(number(0));
else if (mode === "purge-loop") await measure(() => purgeLoop(text(0)));
else if (mode === "import-loop") await measure(() => importLoop(text(0), text(1)));
else if (mode === "collector-bare") runBareServer(text(0));
else if (mode === "collector-ours") await runCollector(text(0));
else if (mode === "collector-load")
  await measure(() => loadServer(text(0), number(1), number(2), number(3), number(4)));
else if (mode === "tool") await measure(() => main(args, processIo()));
else throw new Error(`unknown mode '${mode}'`);
