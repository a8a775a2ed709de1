import { type Command, Option } from "commander";
import { usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { checkEncoding } from "../../files/decode.ts";
import { openInput } from "../../files/input-file.ts";
import { readPages } from "../../files/records.ts";
import { formatCounted } from "../../output/format.ts";
import { type ImportTotals, importCodes } from "../../pool/import.ts";
import type { ImportRow } from "../../pool/import-row.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { encodingOption } from "../open-ids.ts";
import { templateOption } from "./consents/common.ts";
import { type ConsentImportFlags, importConsentPools } from "./consents/import.ts";
import { type FromFlags, LAYOUTS, parseFrom } from "./import-from.ts";
import { importFromRedis } from "./import-redis.ts";
import { describeTotals, exitOf, type ImportView, oddTalk, runImport } from "./import-totals.ts";

const EXAMPLES = `
Files are NDJSON or CSV with openId, formId, expire (epoch ms, epoch s or ISO
8601), uses (number of messages the code permits; optional, default 1) and scene
(Baidu's scene_type: 2 and 3 for payments; optional, default 1). CSV without a
header line must have these columns in this order. The output of pool export and
pool remove --export is accepted as is, including entries saved byte for byte
(raw, rawBase64).

With --from, codes are copied from other keys in Redis, or in the one at
--from-redis-url (use PUSH_CLI_FROM_REDIS_URL for URLs with a password). The
openId is the part of the key after the prefix, up to a ':'; --from-key
describes other forms of keys. Layouts and their contents:
  list     entries in any form that pools have
  zset     formIds with their expiry as score (s or ms)
  string   a formId or a list of them, valid until the key expires; or an entry,
           or a list of entries
  hash     the same in each value; or formIds as fields and their expiry as
           values
  set      entries, or formIds that are valid until the key expires
With --lifetime 7d, scores (and fields such as createTime, if there is no
expiry) are creation times, and codes are valid for 7 days from then.

Consents (--channel wechat-subscribe) have the columns openId, templateId and
count; or, one line per consent, openId, templateId, consent (its id), at and
standing. --from reads strings with a number or JSON with a count, and hashes
with template ids as fields. A count is the total a user has granted in a batch:
importing it again adds nothing.

Examples:
  $ push-cli pool import codes.ndjson --dry-run
  $ push-cli pool import codes.ndjson
  $ cat codes.csv | push-cli pool import -
  $ push-cli pool import --from list --from-prefix mina:openId:
  $ push-cli pool import --from zset --from-prefix formids: \\
      --from-redis-url redis://10.0.0.7:6379/2
  $ push-cli pool import --from hash --from-prefix formId_ --lifetime 7d
  $ push-cli pool import --from string --from-key '*:%#formId'
  $ push-cli pool import consents.csv --channel wechat-subscribe --batch dec`;

export function registerPoolImport(pool: Command, run: RunAction): void {
  pool
    .command("import [file]")
    .description("Add codes to pools from a file, stdin or another layout in Redis; duplicates are skipped")
    .addOption(encodingOption())
    .addOption(
      new Option("--from <layout>", `Import from Redis keys of this type: ${LAYOUTS.join(", ")}`).choices(
        LAYOUTS,
      ),
    )
    .option("--from-prefix <prefix>", "Prefix of the source keys")
    .option("--from-key <pattern>", "Pattern of the source keys: % for the openId, * for any text")
    .option("--from-redis-url <url>", "Redis to import from (default: --redis-url)")
    .addOption(
      new Option("--from-keys <form>", "Form of the source keys: plain, or java for serialized keys")
        .choices(["plain", "java"])
        .default("plain"),
    )
    .option("--lifetime <time>", "Lifetime of codes whose times are creation times, for example 7d")
    .option("--dry-run", "Count what would be imported; change nothing")
    .addOption(templateOption())
    .option(
      "--batch <name>",
      "Name of this batch of consents; its counts are added to those of other batches",
    )
    .addHelpText("after", EXAMPLES)
    .action(
      run(
        async (
          deps,
          flags: FromFlags & ConsentImportFlags & { dryRun?: boolean },
          file: string | undefined,
        ) => {
          const from = await parseFrom(deps, flags, file);
          const consents = await deps.consents(flags.template);
          if (consents) return importConsentPools(deps, consents, flags, from, file ?? "-");
          if (flags.batch !== undefined)
            throw usageError("--batch does not apply to codes", "it applies to counts of consents");
          await warnOfJava(deps);
          const dryRun = flags.dryRun === true;
          return from
            ? importFromRedis(deps, from, dryRun)
            : importFile(deps, file ?? "-", flags.encoding, dryRun);
        },
      ),
    );
}

/** A backend that keeps its keys in Java's form reads its entries in that form, too, and nothing else. */
async function warnOfJava(deps: Deps): Promise<void> {
  if ((await deps.settings()).poolKeys !== "java") return;
  deps.out.warn(
    "warning: codes are written as JSON, which a backend that uses Java serialization can't read",
  );
}

async function importFile(
  deps: Deps,
  file: string,
  encoding: string | undefined,
  dryRun: boolean,
): Promise<ExitName> {
  if (encoding !== undefined) checkEncoding(encoding);
  const input = openInput(file, deps.io);
  if (file === "-" && deps.io.stdin.isTTY)
    deps.out.talk("reading codes from the terminal; press Ctrl-D to end");
  const { pools, isOpenId } = await deps.stores();
  const stop = stopAtSignal(deps, () => input.destroy());
  const odd = oddTalk();
  const { signal } = stop;
  try {
    const rows = toRows(readPages(input, { headless: HEADLESS, encoding }), signal);
    const totals = await runImport(deps, viewOf(dryRun), (events) =>
      importCodes(pools, rows, { isOpenId, dryRun, onOdd: odd.note, signal, ...events }),
    );
    for (const line of odd.lines(totals)) deps.out.talk(line);
    return exitOf(totals, stop);
  } finally {
    stop.undo();
  }
}

function viewOf(dryRun: boolean): ImportView<ImportTotals> {
  return {
    document: ({ rows, ...rest }) => ({ lines: rows, ...rest }),
    text: (totals) =>
      [formatCounted(totals.rows, "line"), ...describeTotals(totals, "line", dryRun)].join(", "),
    hint: "fix these lines and import again; codes already in a pool are skipped",
    dryRun,
  };
}

/** The columns of a file without a header line. */
const HEADLESS = ["openId", "formId", "expire", "uses", "scene"];

const REDIS_DUMP =
  "this is redis-dump output: load it into a Redis and import from there with --from-redis-url";

function isOfRedisDump({ key, type, value, openId }: Record<string, unknown>): boolean {
  return openId === undefined && typeof key === "string" && typeof type === "string" && value !== undefined;
}

async function* toRows(
  pages: ReturnType<typeof readPages>,
  signal: AbortSignal,
): AsyncGenerator<ImportRow[]> {
  try {
    for await (const page of pages) {
      for (const record of page) if (isOfRedisDump(record.fields)) record.error ??= REDIS_DUMP;
      yield page;
    }
  } catch (error) {
    // Destroying the input is how Ctrl-C ends a read that waits for more.
    if (!signal.aborted) throw error;
  }
}
