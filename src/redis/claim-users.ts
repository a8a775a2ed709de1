import type { ClaimReply } from "../broadcast/ports.ts";
import { PushCliError } from "../errors.ts";
import { changeUsers } from "./change-users.ts";
import { looksIntoPools } from "./choose-user.ts";
import type { RedisLink } from "./link.ts";
import { MAX_CONFLICTS } from "./other-type.ts";
import { type Claimant, planClaim } from "./plan-claim.ts";
import { type Book, callClaim, LATER } from "./read-users.ts";
import { MAX_LEFT, type Progress, type Step, sumValid } from "./take-step.ts";

/**
 * Entries of a pool to read for a claim, round by round: nearly every pool has a valid code at or near its head, and anything
 * else is sent for nothing.
 */
const READ_COUNTS = [1, 16, 128, 512];
/** A dry run also needs the number of other codes, and a policy may need it too. */
const WIDE_READ_COUNTS = [16, 128, 512];

/** A user whose claim is in progress. */
interface Open {
  progress: Progress;
  /** Index in the call's list. */
  at: number;
  conflicts: number;
}

/** Claims for many users, in as many rounds as the longest pool needs. One reply per openId, in order. */
export async function claimUsers(
  link: RedisLink,
  book: Book,
  by: Claimant,
  openIds: string[],
): Promise<ClaimReply[]> {
  const replies: ClaimReply[] = new Array(openIds.length);
  const seen = new Set<string>();
  const again: number[] = [];
  let open: Open[] = [];
  for (const [at, openId] of openIds.entries()) {
    if (seen.has(openId)) again.push(at);
    else open.push({ progress: begin(openId), at, conflicts: 0 });
    seen.add(openId);
  }
  const isWide = by.dryRun || looksIntoPools(by.choice?.policy);
  const counts = (isWide ? WIDE_READ_COUNTS : READ_COUNTS).filter((count) => count >= book.rules.firstRead);
  for (let round = 0; open.length > 0; round++) {
    open = await claimRound(link, book, by, open, replies, counts[round] ?? counts.at(-1)!);
  }
  // A user who is listed twice is claimed once: the second claim sees the result of the first.
  if (again.length > 0) {
    const others = await claimUsers(
      link,
      book,
      by,
      again.map((at) => openIds[at]!),
    );
    for (const [i, at] of again.entries()) replies[at] = others[i]!;
  }
  return replies;
}

export function begin(openId: string): Progress {
  return { openId, from: 0, expired: 0, refused: 0, unreadable: 0 };
}

/** Reads users, decides, and makes the changes; returns the users who need another round. */
async function claimRound(
  link: RedisLink,
  book: Book,
  by: Claimant,
  open: Open[],
  replies: ClaimReply[],
  count: number,
): Promise<Open[]> {
  // Users found by their ledger have a record, so the fast path does not apply. It would claim for suppressed users.
  const claims = !by.dryRun && !by.areSuppressed && by.sighting !== "ledger";
  const readings = await callClaim(
    link,
    book,
    open.map(({ progress }) => progress),
    count,
    claims,
  );
  const planned: { user: Open; step: Step }[] = [];
  const unfinished: Open[] = [];
  for (const [i, user] of open.entries()) {
    const reading = readings[i]!;
    if (reading === LATER) replies[user.at] = toLater(user.progress);
    else if (typeof reading === "string") replies[user.at] = toUsualClaim(user.progress, reading);
    else if (reading.pool.kind === "later") unfinished.push(user);
    else planned.push({ user, step: planClaim(by, book.rules, user.progress, reading) });
  }
  const changing = planned.filter(({ step }) => step.change);
  const changes = await changeUsers(
    link,
    book.keys,
    { id: book.head[0], ttlMs: book.head[2], policy: book.policy },
    changing.map(({ step }) => step.change!),
  );
  const failed = new Set(changing.filter((_, i) => !changes.done[i]).map(({ user }) => user));
  for (const { user, step } of planned) {
    if (failed.has(user)) unfinished.push(startOver(user));
    else if (step.reply) replies[user.at] = step.reply;
    else unfinished.push({ ...user, progress: step.next! });
  }
  const unsure = planned.filter(({ step }) => step.lookFrom !== undefined);
  await Promise.all(unsure.map(({ step }) => lookOn(link, book, step)));
  return unfinished;
}

/** Starts again from the pool's head: what was dropped before stays dropped. */
function startOver({ progress, at, conflicts }: Open): Open {
  checkConflicts(progress.openId, conflicts);
  const { openId, expired, refused } = progress;
  return { progress: { ...begin(openId), expired, refused }, at, conflicts: conflicts + 1 };
}

export function checkConflicts(openId: string, conflicts: number): void {
  if (conflicts < MAX_CONFLICTS) return;
  throw new PushCliError("redis", `the pool or the ledger of '${openId}' keeps changing`, {
    hint: "find out what else writes there, then continue with 'push-cli broadcast resume'",
  });
}

/** Another broadcast may claim between two rounds: codes dropped in the first are reported here and only here. */
function toLater({ openId, expired }: Progress): ClaimReply {
  return { status: "later", openId, ...(expired > 0 ? { expired } : {}) };
}

/** The reply to nearly every claim. */
function toUsualClaim({ openId }: Progress, line: string): ClaimReply {
  const first = line.indexOf(" ");
  const second = line.indexOf(" ", first + 1);
  const reply: ClaimReply = {
    status: "claimed",
    openId,
    formId: line.slice(0, first),
    expireMs: Number(line.slice(first + 1, second)),
    multiUse: line[second + 1] !== "0",
    attempt: 1,
    expired: Number(line.slice(second + 3)),
    refused: 0,
  };
  if (line[second + 1] === "2") reply.standing = true;
  return reply;
}

/** Entries per reply. */
const CHUNK = 500;

/** Counts the other valid codes after the entries that were read. */
async function lookOn(link: RedisLink, { keys, rules }: Book, { reply, lookFrom = 0 }: Step): Promise<void> {
  if (reply?.status !== "claimed") return;
  const nowMs = await link.now();
  for (let start = lookFrom; ; start += CHUNK) {
    const chunk = await link.call(
      link.client.lrangeBuffer(keys.pool(reply.openId), start, start + CHUNK - 1),
    );
    const entries = chunk.map((bytes) => bytes.toString("latin1"));
    const { left = 0 } = reply;
    reply.left = Math.min(MAX_LEFT, left + sumValid(rules.findValid(entries, start, nowMs, MAX_LEFT - left)));
    if (reply.left >= MAX_LEFT || chunk.length < CHUNK) return;
  }
}
