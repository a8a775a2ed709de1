import type { ApiResponse, MiniProgramApi } from "./api.ts";
import { type Item, isOver, nextItems, writeReport } from "./items.ts";
import type { Tell } from "./problem.ts";
import { readSettled } from "./settle.ts";
import type { Store } from "./store.ts";
import { postJson, retryAfterMs } from "./transport.ts";

// Not part of the language, but every mini program has it.
declare function setTimeout(run: () => void, ms: number): unknown;

const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 300_000;
/** The maximum for `Retry-After`; a timer of more than 24 days would fire at once. */
const LONGEST_ASKED_MS = 3_600_000;
/** For one report, including a login: some platforms have no timeout, and some calls never return. */
const GIVE_UP_MS = 30_000;

/** The collector's codes for a report that is refused however often it is sent: `bad_json`, `bad_request` and others. */
const UNUSABLE = /^(bad_|too_many_codes|too_large)/;

/** Sends what is stored, one report at a time. Returns `flush`, which never rejects. */
export function openSender(
  api: Partial<MiniProgramApi>,
  url: string,
  store: Store,
  token: () => Promise<string>,
  batch: number,
  tell: Tell,
  now: () => number,
): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isWaiting = false;
  let failures = 0;
  let limit = batch;
  let mayRenew = true;
  /** The collector has accepted a report in this run: if it refuses another one, the fault is that report's. */
  let isProven = false;

  async function run(): Promise<void> {
    try {
      while (await Promise.race([step(), giveUp()]));
    } catch (error) {
      wait(error as ApiResponse | undefined);
    }
    running = undefined;
  }

  /** Sends one report. Resolves to false when there is nothing to send; rejects when it has to be sent again later. */
  async function step(): Promise<boolean> {
    store.drop(
      store.items.filter((item) => isOver(item, now())),
      "dropped",
    );
    const items = nextItems(store.items, limit);
    if (!items[0]) return false;
    const path = items[0].formId ? "/codes" : "/consents";
    // A login may take long: ages count at the time of the report.
    const bearer = await token();
    const answer = await postJson(api, url + path, writeReport(items, now()), bearer);
    const { statusCode, data } = answer;
    if (statusCode === 401) store.session = undefined;
    if (statusCode === 200) take(items, answer);
    else if (statusCode === 401 && mayRenew) mayRenew = false;
    else if (UNUSABLE.test(Object(Object(data).error).code)) setAside(items, answer);
    else throw answer;
    return true;
  }

  function take(items: readonly Item[], answer: ApiResponse): void {
    const settled = readSettled(items, answer.data, tell);
    if (!settled[0]) throw answer;
    store.drop(settled);
    isProven = mayRenew = true;
    failures = 0;
    limit = Math.min(batch, limit * 2);
  }

  /**
   * Finds the item that makes a report unusable by bisection. That item is given up once the collector has accepted any
   * other report; until then it goes to the end of the queue, because a collector that refuses everything would empty the
   * queue.
   */
  function setAside(items: readonly Item[], answer: ApiResponse): void {
    limit = Math.ceil(items.length / 2);
    if (items[1]) return;
    if (isProven) store.drop(items, "refused", { items, answer: answer.data });
    else {
      store.items = store.items.filter((item) => item !== items[0]).concat(items);
      throw answer;
    }
  }

  /** Half of the time is random, so that the clients of an outage don't come back together. */
  function wait(failure: ApiResponse | undefined): void {
    const backoffMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++) * (0.5 + Math.random() / 2);
    isWaiting = true;
    setTimeout(
      () => {
        isWaiting = false;
        void flush();
      },
      Math.max(backoffMs, Math.min(LONGEST_ASKED_MS, retryAfterMs(failure))),
    );
    tell("no_answer", failure);
  }

  function flush(): Promise<void> {
    if (!isWaiting && !running) running = Promise.resolve().then(run);
    return running || Promise.resolve();
  }

  return flush;
}

function giveUp(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject("timeout"), GIVE_UP_MS));
}
