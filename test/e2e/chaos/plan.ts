import type { Fault, FaultKind } from "../../../src/sandbox/sandbox.ts";
import { Chance } from "./chance.ts";

/** What a round does to a broadcast, besides the faults of the API that every round has. */
export const KINDS = {
  plain: "every pool; SIGKILL at random instants",
  campaign: "suppressed users, a cap, a holdout, two texts and a canary; SIGKILL",
  listed: "a --to-file audience; SIGKILL, also while the audience is being written down",
  redis: "SIGKILL, and Redis killed or stopped and started again with its data",
  joined: "two or three processes on one broadcast, one of them killed",
  sigterm: "SIGTERM, sometimes twice, between SIGKILLs",
  baidu:
    "every pool of Baidu's codes, payments among them: SIGKILL; a refusal tells nothing of an earlier attempt",
  alipay: "Alipay's formIds, which are good for three messages: SIGKILL, and never a repeat",
  subscribe: "subscribe messages: SIGKILL, receipts taken over, unknown ones tried again",
  qq: "QQ's standing rights, repeated on the same day: SIGKILL",
  "qq-template": "every pool of QQ's codes, which are WeChat's of old: SIGKILL",
  "baidu-subscribe":
    "Baidu's subscriptions, repeated by their id: SIGKILL; a refusal tells nothing of an earlier attempt",
  "alipay-subscribe": "Alipay's subscriptions: SIGKILL, and never a repeat",
  official: "messages of an official account, repeated by their id: SIGKILL",
  paused: "a process stopped (SIGSTOP) for longer than its lease while another resumes; takes 20 s",
} as const;

export type Kind = keyof typeof KINDS;

/** Those that a round may be of when nobody says which. */
export const QUICK_KINDS = Object.keys(KINDS).filter((kind): kind is Kind => kind !== "paused");

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** When to strike: so long after the start of the process, after so many more sends, or once a key is there. */
export type Moment = { ms: number } | { sends: number } | { key: "record" | "audience" };

/** What one process of the tool has to suffer. */
export interface Blow {
  signal: "SIGKILL" | "SIGTERM";
  at: Moment;
  /** For SIGTERM: once more, so many ms later. */
  againAfterMs?: number;
}

/** Redis goes away; `cut`: only the connections to it. */
export interface Outage {
  afterSends: number;
  how: "SIGKILL" | "SIGTERM" | "cut";
  downMs: number;
}

export interface Plan {
  seed: number;
  kind: Kind;
  users: number;
  concurrency: number;
  latencyMs: number;
  slowMs: number;
  faults: Fault[];
  /** For one process after the other; who comes after the last is left alone. */
  blows: Blow[];
  outages: Outage[];
  /** Processes that join the first. */
  joiners: number;
  /** Outcomes that are unknown at the end are tried again, with a blow to that too. */
  retry: Blow | undefined;
  /** Of subscribe messages: claims of the first part, after which the receipts come. */
  limit: number;
  /** Receipts come in while the first part is at work, too. */
  receipts: boolean;
  /** A backend goes on pushing codes, a code about every so many ms; 0: it does not. */
  pushEveryMs: number;
  /** `push-cli purge` runs at the same time. */
  purge: boolean;
  /** Every run appends to one `--report`. */
  report: boolean;
  /** The percentage of the users who are in a canary; 0: there is none. */
  canary: number;
  /** `broadcast show --exact` has to say the same at the end. */
  show: boolean;
  /** The message has variants. */
  variants: boolean;
}

/** What the `--timeout` of the sends is: some slow answers come after it. */
export const TIMEOUT_MS = 700;

/** Draws a round from its seed, or what of it is not given. */
export function drawPlan(
  seed: number,
  given: { kind?: Kind | undefined; users?: number | undefined } = {},
): Plan {
  const chance = new Chance(seed);
  const drawn = chance.pick(QUICK_KINDS);
  const chosen = given.kind ?? drawn;
  const drawnUsers = chance.int(1500, 4000);
  const users = given.users ?? drawnUsers;
  // Slow enough that those who join find something to do.
  const slow = chosen === "joined" || chosen === "paused";
  return {
    seed,
    kind: chosen,
    users,
    concurrency: chance.int(8, slow ? 16 : 64),
    latencyMs: slow ? chance.int(8, 16) : chance.int(1, 8),
    slowMs: chance.int(300, 1200),
    faults: drawFaults(chance, chosen),
    blows: drawBlows(chance, chosen, users),
    outages: chosen === "redis" ? drawOutages(chance, users) : [],
    joiners: chosen === "joined" ? chance.int(1, 2) : 0,
    retry: drawRetry(chance, chosen),
    // Pushed again after a lost answer, as the backend's client does, a code would be in its pool twice.
    pushEveryMs: chosen !== "redis" && !TAKES_NO_PUSHES.has(chosen) && chance.hit(35) ? chance.int(3, 20) : 0,
    // A purge gives up when Redis is restarted under it.
    purge: !HAS_NO_PURGE.has(chosen) && chance.hit(25),
    // A file for two processes at once is not what it is for.
    report: !slow && chance.hit(50),
    show: chance.hit(35),
    limit: Math.round((users * chance.int(40, 70)) / 100),
    receipts: chance.hit(40),
    variants: HAS_TEXTS.has(chosen) && chance.hit(50),
    canary: drawCanary(seed, chosen),
  };
}

/** By a chance of its own. Messages that are sent in parts by their limit have no canary, and a campaign has its own. */
function drawCanary(seed: number, kind: Kind): number {
  const chance = new Chance(seed ^ 0xca_4a_27);
  return kind !== "subscribe" && kind !== "campaign" && chance.hit(50) ? chance.int(5, 60) : 0;
}

/** With codes for several messages, those who are tried again may get a second one. */
function drawRetry(chance: Chance, kind: Kind): Blow | undefined {
  const blow = chance.hit(30) ? drawBlow(chance, kind, 30) : undefined;
  return SENDS_ONCE.has(kind) ? undefined : blow;
}

const MAX_PERCENT = {
  busy: 3,
  "busy-delivered": 3,
  "5xx": 2,
  "5xx-after": 3,
  reset: 3,
  "reset-after": 3,
  garbage: 1,
  "garbage-after": 2,
  truncated: 2,
  slow: 1,
  "token-expiry": 0.4,
} satisfies Partial<Record<FaultKind, number>>;

/** A busy platform halves the rate of subscribe messages each time, so that a round would take minutes. */
const OF_SUBSCRIBE = {
  busy: 0,
  "busy-delivered": 0.04,
  "5xx-after": 4,
  "reset-after": 4,
  "garbage-after": 3,
  later: 3,
};

/** About 5 % of the answers are lost. */
const OF_STANDING = { "5xx-after": 4, "reset-after": 4, "garbage-after": 3, later: 2 };

/** Of the answers, 5 % get lost after the message was delivered. */
const OF_ALIPAY: Fault[] = [
  { kind: "reset-after", percent: 2 },
  { kind: "5xx-after", percent: 1 },
  { kind: "garbage-after", percent: 1 },
  { kind: "busy-delivered", percent: 1 },
  { kind: "reset", percent: 1 },
  { kind: "busy", percent: 0.5 },
];

const SPENDS_NO_CODES: ReadonlySet<Kind> = new Set([
  "subscribe",
  "qq",
  "official",
  "baidu-subscribe",
  "alipay-subscribe",
]);
const TAKES_NO_PUSHES: ReadonlySet<Kind> = new Set([...SPENDS_NO_CODES, "alipay", "qq-template", "campaign"]);
/** A repeat may deliver a second time: an unknown outcome is not tried again. */
const SENDS_ONCE: ReadonlySet<Kind> = new Set(["alipay", "alipay-subscribe"]);
/** A purge would find nothing there, or take users away whom a round counts. */
const HAS_NO_PURGE: ReadonlySet<Kind> = new Set(["redis", "qq", "official", "campaign"]);

/** Whose texts the harness reads. */
const HAS_TEXTS: ReadonlySet<Kind> = new Set(["plain", "listed", "redis", "joined", "sigterm", "paused"]);

function drawFaults(chance: Chance, kind: Kind): Fault[] {
  if (SENDS_ONCE.has(kind)) return OF_ALIPAY;
  const most = { ...MAX_PERCENT, ...faultsOf(kind) };
  return Object.entries(most).map(([kind, most]) => ({
    kind: kind as FaultKind,
    percent: Math.round(chance.next() * most * 100) / 100,
  }));
}

function faultsOf(kind: Kind): Partial<Record<FaultKind, number>> {
  if (kind === "subscribe") return OF_SUBSCRIBE;
  // Baidu has no word for a message that is on its way.
  if (kind === "baidu-subscribe") return { ...OF_STANDING, later: 0 };
  return SPENDS_NO_CODES.has(kind) ? OF_STANDING : {};
}

function drawBlows(chance: Chance, kind: Kind, users: number): Blow[] {
  const count = kind === "joined" ? chance.int(1, 2) : kind === "paused" ? 1 : chance.int(1, 5);
  return Array.from({ length: count }, () => drawBlow(chance, kind, users));
}

function drawBlow(chance: Chance, kind: Kind, users: number): Blow {
  const at = drawMoment(chance, kind, users);
  if (kind !== "sigterm" || chance.hit(30)) return { signal: "SIGKILL", at };
  return { signal: "SIGTERM", at, ...(chance.hit(25) ? { againAfterMs: chance.int(1, 300) } : {}) };
}

function drawMoment(chance: Chance, kind: Kind, users: number): Moment {
  // Stopped before it works, a run has nothing to lose; and a process to join has to be there.
  if (kind === "paused" || kind === "joined") return { sends: chance.int(20, Math.round(users / 3)) };
  if (kind === "listed" && chance.hit(30)) return { key: chance.pick(["record", "audience"]) };
  if (chance.hit(8)) return { key: "record" };
  if (chance.hit(15)) return { ms: chance.int(20, 500) };
  return { sends: chance.int(1, Math.round(users / 3)) };
}

function drawOutages(chance: Chance, users: number): Outage[] {
  return Array.from({ length: chance.int(1, 3) }, () => ({
    afterSends: chance.int(10, Math.round(users / 2)),
    how: chance.pick(["SIGKILL", "SIGTERM", "cut"]),
    downMs: chance.int(0, 400),
  }));
}
