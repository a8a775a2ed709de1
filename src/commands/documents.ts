import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { usageError } from "../errors.ts";
import { lineage } from "./words.ts";

const OUTCOMES = "outcomes{sent no_code rejected failed unknown invalid skipped}";
const RESULT = `broadcastId status reason templateId recipients toGo ${OUTCOMES}
  codes{spent expired refused released} errors{errcode errmsg count} outages{count ms} open startedAt finishedAt durationMs
  sentPerSecond run{runId sent durationMs sentPerSecond}`;
const VIEW = `${RESULT} lastSeenAt`;
const RUN = `runId host pid ${OUTCOMES} open`;
const SHOWN = `${VIEW} next counted channel message{*} audience limit rate users appid apiBase
  runs{${RUN} user since lastSeen alive state foundPerSec}`;
const CODE = "formId expire expiresAt uses state overlong raw";
const SEND = "broadcastId outcome runId attempts at errcode formId msgid";
const TEMPLATE = "id title kind fields{name label values example takes}";
const TOKEN = "appid token expiresAt source";
const CODE_COUNTS = "valid expired invalid unreadable overlong";
const CONSENT_COUNTS = "valid standing expired unreadable";
const ORIGIN = "source from file line column";
const INTERVAL = "interval unreadableInterval";

/**
 * The fields of what each command prints with --json, documents and lines; of those with several forms, of all forms.
 * `{...}`: the fields of an object, or of the objects in a list; `{*}`: any.
 */
const DOCUMENTS: Record<string, string> = {
  "broadcast send": `${RESULT} dryRun leftWithout passedOver columns sample{*} next`,
  "broadcast resume": `${VIEW} dryRun wouldSend toSend{fresh open retries} receipts{sent rejected unknown} passedOver next`,
  "broadcast watch": `${VIEW} rateNow runs{${RUN} waiting}`,
  "broadcast list": `${VIEW} alive next`,
  "broadcast show": SHOWN,
  "broadcast recipients": "openId outcome attempts errcode errmsg msgid formId consent at",
  "broadcast pause": SHOWN,
  "broadcast cancel": SHOWN,
  "broadcast delete": "broadcastId deleted",
  "pool show": `openId key ${CODE_COUNTS} codes{${CODE}} notShown broadcasts{${SEND}}
    templates{templateId key ${CONSENT_COUNTS} consents{consent at givenAt state raw} notShown}`,
  "pool list": `openId templateId ${CODE_COUNTS} standing nextExpiry lastExpiry oldest newest`,
  "pool stats": `pools reachable codes{valid expired invalid unreadable overlong} perUser{codes consents users ${INTERVAL}}
    expiringBy{date codes ${INTERVAL}} expiringLater reachableBy{date users ${INTERVAL}}
    writers{writer entries unreadable overlong ${INTERVAL}} timeZone at exact sample{pools confidence} intervals{*} passedOver
    consents{${CONSENT_COUNTS}} templates{templateId pools reachable consents{${CONSENT_COUNTS}} oldest newest}
    byAge{underDays consents}`,
  "pool import": `lines keys values imported known used expired bad overlong oddOpenIds capped empty otherTemplate complete`,
  "pool export": "openId formId expire uses raw rawBase64 templateId consent at standing",
  "pool remove": `poolsRemoved entriesRemoved codesRemoved{${CODE_COUNTS} standing} entriesKept entriesGone complete missing
    exportFile dryRun`,
  purge:
    "poolsScanned poolsChanged poolsRemoved expiredRemoved unreadableKept complete passedOver durationMs dryRun",
  "token show": TOKEN,
  "token refresh": TOKEN,
  "template list": `templates{${TEMPLATE}} doubt`,
  "template show": `${TEMPLATE} sample doubt`,
  channels: `channels{name platform title permission repeat guarantee delivers{today asOf note} needs limits messageOptions
    apiBase poolPrefix startRate chosen}`,
  "script claim": "name sha1 source header examples{java php python go node}",
  init: "path profile next",
  "config show": `profile{name production ${ORIGIN}} files settings{key value secret ${ORIGIN} profile}`,
  "config check": "ok files problems{severity file line column problem fix}",
  "config path": "files{file kind found problem}",
  sandbox: "url appid stats",
  "collector start": `at level event lines address routes signal route method status ms user code callback taken known refused
    templates message problem`,
  "collector check": "ok checks{name state from what problem hint}",
  completion: "shell script",
  demo: `users entries steps{say argv exitCode documents{*}} delivered deliveredTo maxPerUser subscribeDelivered`,
  help: `code name meaning path usage description default arguments{name description required variadic choices}
    options{flags long short value description required variadic choices default} commands{*}`,
};

/** The fields below a field; none where it has none, or any. */
export interface Fields {
  readonly [name: string]: Fields | "any";
}

/** The fields that a command prints with --json; undefined where nobody has listed them. */
export function fieldsOf(command: Command): Fields | undefined {
  const names = lineage(command).map((one) => one.name());
  const text = DOCUMENTS[names.reverse().slice(1).join(" ")];
  return text === undefined
    ? undefined
    : parseFields([...text.matchAll(/[\w*]+|[{}]/g)].map(([word]) => word));
}

function parseFields(words: string[]): Fields {
  const fields: Record<string, Fields | "any"> = {};
  for (let name = words.shift(); name !== undefined && name !== "}"; name = words.shift()) {
    fields[name] = {};
    if (words[0] !== "{") continue;
    words.shift();
    const below = parseFields(words);
    fields[name] = "*" in below ? "any" : below;
  }
  return fields;
}

/** Throws a usage error for a field that the command's documents do not have. */
export function checkFields(command: Command, paths: readonly string[]): void {
  const fields = fieldsOf(command);
  for (const path of fields ? paths : []) {
    const missing = missingIn(fields as Fields, path.split("."));
    if (!missing) continue;
    const [where, names] = missing;
    const meant = nearestWord(path.split(".").at(where.length) ?? "", names);
    const before = where.map((name) => `${name}.`).join("");
    const there =
      names.length === 0
        ? `${where.join(".")} has no fields`
        : `the fields are ${names.map((name) => before + name).join(", ")}`;
    throw usageError(
      `--json: there is no field '${path}'`,
      meant ? `did you mean ${before}${meant}? ${there}` : there,
    );
  }
}

/** Where a path leaves what there is, and what there is in that place. */
function missingIn(fields: Fields, path: readonly string[]): [where: string[], names: string[]] | undefined {
  let at: Fields | "any" = fields;
  for (const [i, name] of path.entries()) {
    if (at === "any") return undefined;
    if (!Object.hasOwn(at, name)) return [path.slice(0, i), Object.keys(at)];
    at = at[name] as Fields | "any";
  }
  return undefined;
}
