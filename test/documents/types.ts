/** Checked by the compiler alone: what commands print has the types that the schemas say. */

import type { Template } from "../../src/broadcast/channel.ts";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { ReportLine } from "../../src/broadcast/report.ts";
import type { ShownResult } from "../../src/broadcast/view.ts";
import type { Check } from "../../src/commands/collector/checks.ts";
import type { CodeDocument } from "../../src/commands/pool/show-codes.ts";
import type { broadcastLine, broadcastResult } from "../../src/documents/broadcast.ts";
import type { consentExportLine, consentStats } from "../../src/documents/consents.ts";
import type { Infer } from "../../src/documents/define.ts";
import type { collectorChecked, templateList } from "../../src/documents/platform.ts";
import type { exportLine, poolShown, poolStats, purged } from "../../src/documents/pool.ts";
import type { claimScript } from "../../src/documents/program.ts";
import type { reportLine } from "../../src/documents/report-line.ts";
import type { ConsentExportLine } from "../../src/pool/consents/export.ts";
import type { ConsentStats } from "../../src/pool/consents/stats.ts";
import type { ExportLine } from "../../src/pool/export.ts";
import type { BackendScript } from "../../src/pool/ports.ts";
import type { PurgeTotals } from "../../src/pool/purge.ts";
import type { StatsDocument } from "../../src/pool/stats-document.ts";

/** Readonly lists fit where lists are asked for: nobody changes a document. */
type Plain<T> = T extends readonly (infer U)[]
  ? number extends T["length"]
    ? Plain<U>[]
    : T
  : T extends object
    ? { -readonly [K in keyof T]: Plain<T[K]> }
    : T;

/** Fails to compile unless a `Printed` is a `Documented`. */
type Fits<Documented, Printed extends Documented> = Printed;

type Added = { passedOver: number };

export type Checked = [
  Fits<Infer<typeof broadcastResult>, Plain<BroadcastResult>>,
  Fits<Omit<Infer<typeof broadcastLine>, "alive" | "next">, Plain<ShownResult>>,
  Fits<Infer<typeof reportLine>, ReportLine>,
  Fits<Infer<typeof poolStats>, Plain<StatsDocument & Added>>,
  Fits<Infer<typeof consentStats>, Plain<ConsentStats & Added>>,
  Fits<Infer<typeof poolShown>["codes"][number], CodeDocument>,
  Fits<Infer<typeof exportLine>, ExportLine>,
  Fits<Infer<typeof consentExportLine>, ConsentExportLine>,
  Fits<Omit<Infer<typeof purged>, "passedOver" | "durationMs" | "dryRun">, PurgeTotals>,
  Fits<Infer<typeof templateList>["templates"][number], Plain<Template>>,
  Fits<Infer<typeof collectorChecked>["checks"][number], Check>,
  Fits<Infer<typeof claimScript>, BackendScript>,
];
