import type { Command } from "commander";
import { visibleText } from "../../output/format.ts";
import type { Deps } from "../deps.ts";
import type { GlobalOptions } from "../program.ts";
import { type Candidate, type Offer, offerAt } from "./candidates.ts";
import { IN_REDIS, lookUp } from "./live.ts";
import { findPlace, type Place } from "./place.ts";

/** How long to wait for Redis while somebody waits at the keyboard. */
const PATIENCE_MS = 500;

export interface CompletionNeeds {
  program: Command;
  /** Dependencies that print nothing. */
  openDeps(globals: Partial<GlobalOptions>): { deps: Deps; close(): Promise<void> };
}

/**
 * The answer to a shell that wants to complete the last of `words`: a line `:` with what is to be done (`files`: the shell's own
 * names of files; `nospace`: no blank behind it), then one candidate a line, behind a tab its description. Whatever goes wrong
 * leaves candidates out, and so does a Redis that takes longer than half a second.
 */
export async function complete(words: readonly string[], needs: CompletionNeeds): Promise<string> {
  const place = findPlace(needs.program, words);
  const offer = offerAt(place, needs.program);
  const candidates = [...offer.candidates, ...(await lookUpInTime(offer, place, needs))];
  const start = place.before + place.typed;
  const lines = candidates
    .map(({ value, description }) => ({ value: place.before + value, description }))
    .filter(({ value }) => value.startsWith(start) && visibleText(value) === value)
    .map(toLine);
  const wishes = [...(offer.files ? ["files"] : []), ...(offer.noSpace ? ["nospace"] : [])];
  return [`:${wishes.join(",")}`, ...lines].map((line) => `${line}\n`).join("");
}

function toLine({ value, description = "" }: Candidate): string {
  return description === "" ? value : `${value}\t${visibleText(description.replace(/\s+/g, " "))}`;
}

/** None where there are none to be had: an error between two words of a command line would help nobody. */
async function lookUpInTime({ source }: Offer, place: Place, needs: CompletionNeeds): Promise<Candidate[]> {
  if (source === undefined) return [];
  const globals = globalsOf(place, needs.program);
  const { deps, close } = needs.openDeps(globals);
  const looking = lookUp(source, deps, globals.config).catch(() => []);
  const found = await (IN_REDIS.has(source) ? withPatience(looking, deps) : looking);
  // Redis may be what kept us waiting.
  void close().catch(() => undefined);
  return found;
}

/** Nothing when it takes too long. */
async function withPatience(looking: Promise<Candidate[]>, { clock }: Deps): Promise<Candidate[]> {
  const enough = new AbortController();
  const tooLate = clock.sleep(PATIENCE_MS, enough.signal).then(() => []);
  const found = await Promise.race([looking, tooLate]);
  enough.abort();
  return found;
}

/** The settings that stand on the command line so far. */
function globalsOf({ given }: Place, program: Command): Partial<GlobalOptions> {
  const own = [...given].filter(([option]) => program.options.includes(option) && option.required);
  return Object.fromEntries(own.map(([option, value]) => [option.attributeName(), value]));
}
