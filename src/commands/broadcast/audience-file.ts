import type { InvalidRow, ListedAudience, Row } from "../../broadcast/audience.ts";
import type { Message } from "../../broadcast/channel.ts";
import { SeenIds } from "../../broadcast/seen-ids.ts";
import { PushCliError } from "../../errors.ts";
import { checkEncoding } from "../../files/decode.ts";
import { openInput } from "../../files/input-file.ts";
import type { InputRecord } from "../../files/lines.ts";
import { readRecords } from "../../files/records.ts";
import { createSpool } from "../../files/spool.ts";
import { formatCounted } from "../../output/format.ts";
import type { Deps } from "../deps.ts";
import { doubtShape, notListed, toListed } from "../open-ids.ts";
import { BadRows } from "./bad-rows.ts";
import { createPager } from "./pager.ts";
import { createRowReader } from "./row.ts";

export interface AudienceFile {
  path: string;
  encoding?: string | undefined;
  message: Message;
  /** Rows that no message can be made of are left out, and counted. */
  skipBadRows: boolean;
  /** Absent: a file without an openId is an error. */
  mayBeEmpty?: boolean;
}

/**
 * The users in a file or on stdin ("-"), each once: the first row of an openId counts. All of it is looked at before anything
 * is done; it is kept beside the memory, because stdin can't be read twice and a file may change meanwhile. Rejects with a
 * usage error for rows that can't be used, with `nothing` when there is no other.
 */
export async function readAudienceFile(deps: Deps, wanted: AudienceFile): Promise<ListedAudience> {
  const { path, encoding, message, skipBadRows, mayBeEmpty = false } = wanted;
  if (encoding !== undefined) checkEncoding(encoding);
  const { toOpenId } = await deps.stores();
  const input = openInput(path, deps.io);
  if (path === "-" && deps.io.stdin.isTTY)
    deps.out.talk("reading openIds from the terminal; press Ctrl-D to end");
  const name = path === "-" ? "stdin" : path;
  const doubt = await doubtShape(deps);
  const reader = createRowReader(name, message, await deps.channel());
  const list = new Listing(message.columns !== undefined, skipBadRows, mayBeEmpty);
  try {
    const records = readRecords(input, { headless: ["openId"], encoding, onColumns: reader.seeColumns });
    for await (const record of records) {
      const openId = toListed(record.fields.openId, toOpenId);
      const why = record.error ?? (openId === undefined ? notListed(record.fields.openId) : undefined);
      if (why !== undefined) list.bad.add(record.line, why);
      else {
        doubt.see(openId!, `line ${record.line}: `);
        await list.add(openId!, record, reader.read(record, openId!));
      }
    }
    reader.checkColumns();
    return await list.close(deps, name, doubt.warn);
  } catch (error) {
    await list.drop();
    throw error;
  }
}

/** What a file comes to. */
class Listing {
  /** Rows for whose sake nothing is sent. */
  readonly bad = new BadRows();
  private readonly skipped = new BadRows();
  private readonly seen = new SeenIds();
  private readonly pages = createSpool<{ openIds: string[]; rows?: Row[] | undefined }>();
  private readonly invalid = createSpool<InvalidRow[]>();
  private readonly good;
  private readonly left;
  private readonly hasRows: boolean;
  private readonly skips: boolean;
  private readonly mayBeEmpty: boolean;
  private readonly differing = { count: 0, example: "" };
  private first: ListedAudience["first"];

  constructor(hasRows: boolean, skips: boolean, mayBeEmpty: boolean) {
    this.hasRows = hasRows;
    this.skips = skips;
    this.mayBeEmpty = mayBeEmpty;
    this.good = createPager<{ openId: string; row: Row }>((some) => {
      const openIds = some.map(({ openId }) => openId);
      return this.pages.add(hasRows ? { openIds, rows: some.map(({ row }) => row) } : { openIds });
    });
    this.left = createPager<InvalidRow>((some) => this.invalid.add(some));
  }

  /** `row`: its values, or why no message can be made of it. */
  async add(openId: string, { line }: InputRecord, row: Row | string): Promise<void> {
    const isBad = typeof row === "string";
    const text = isBad ? row : row.join("\0");
    const sight = this.seen.see(openId, text);
    if (sight === "differs" && this.differing.count++ === 0)
      this.differing.example = `line ${line}: '${openId}'`;
    if (sight !== "new") return;
    if (isBad) {
      if (!this.skips) return this.bad.add(line, row, { canSkip: true });
      this.skipped.add(line, row);
      return this.left.add({ openId, line, why: row }, row.length);
    }
    if (this.hasRows) this.first ??= { openId, line, row };
    return this.good.add({ openId, row }, openId.length + text.length);
  }

  async close({ out }: Deps, name: string, warnOfShape: () => void): Promise<ListedAudience> {
    const { bad, skipped, differing, first } = this;
    if (bad.count > 0) throw bad.error(name);
    if (this.good.count === 0 && !this.mayBeEmpty) throw noneLeft(name, skipped);
    if (this.good.count === 0) out.warn(`warning: no openId in ${name}`);
    warnOfShape();
    if (differing.count > 0) {
      const whom = `${formatCounted(differing.count, "duplicate row")} with different values`;
      out.warn(`warning: ${whom}: the first row of each user is used; first duplicate: ${differing.example}`);
    }
    if (skipped.count > 0) out.warn(`warning: ${skipped.describe()}`);
    await this.good.end();
    await this.left.end();
    const invalid = { count: skipped.count, summary: skipped.describe(), pages: () => this.invalid.read() };
    return {
      kind: "list",
      count: this.good.count,
      pages: () => this.pages.read(),
      ...(skipped.count > 0 ? { invalid } : {}),
      first,
      close: () => this.drop(),
    };
  }

  async drop(): Promise<void> {
    await this.pages.close();
    await this.invalid.close();
  }
}

function noneLeft(name: string, skipped: BadRows): PushCliError {
  if (skipped.count > 0) {
    return new PushCliError("nothing", `no usable row in ${name}`, { details: skipped.details });
  }
  return new PushCliError("nothing", `no openId in ${name}`, {
    hint: "give one openId per line, or CSV, NDJSON or pool list output with an openId column",
  });
}
