import { settingProblem } from "../config/given.ts";
import { hookSecretsOf, isNoHook } from "../config/hook-url.ts";
import { redactUrls } from "../config/redact-url.ts";
import { type Delivered, deliver } from "../notify/deliver.ts";
import type { NotifyFormat } from "../notify/format.ts";
import { judge } from "../notify/judge.ts";
import type { HookRequest } from "../notify/ports.ts";
import { createHiding } from "../output/hide-secrets.ts";
import type { Deps } from "./deps.ts";

/** Where the settings keep the address of a webhook, and the option that goes before them. */
const OPTIONS = { notifyUrl: "--notify", purgePingUrl: "--ping" } as const;

/**
 * The webhook to tell; undefined where none is set, or `none` is. Rejects with a usage error about an address that can't be one,
 * which it does not quote.
 */
export async function chooseHook(
  deps: Deps,
  key: keyof typeof OPTIONS,
  flag: string | undefined,
): Promise<string | undefined> {
  const settings = await deps.settings();
  const origin = { source: "flag", name: OPTIONS[key] } as const;
  const problem = flag === undefined ? undefined : settingProblem(key, { value: flag, origin });
  if (problem) throw problem;
  const url = flag ?? settings[key];
  if (url === undefined || isNoHook(url)) return undefined;
  for (const secret of hookSecretsOf(url)) deps.log?.hide(secret);
  return url;
}

/** As much of a webhook as may be said. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

/** `format`: whose answers it gives; absent: any status of success will do. */
export interface Told {
  url: string;
  request: HookRequest;
  format?: NotifyFormat | undefined;
  /** For messages: "notified", "notify". */
  words: { done: string; todo: string };
}

/**
 * Sends a request to a webhook, for ten seconds at most. When that fails it is a warning: what was to be told is done. A signal
 * meanwhile ends it.
 */
export async function tellHook(deps: Deps, { url, request, format, words }: Told): Promise<void> {
  // Who waits for the result has it before anybody else is told. That stdout is gone is said at the end of the command.
  await deps.out.flush().catch(() => undefined);
  const end = new AbortController();
  const undo = deps.onInterrupt(() => end.abort());
  try {
    const delivered = await deliver({
      send: (timeoutMs) => deps.askHook(url, request, timeoutMs),
      judge: (reply) => judge(format, reply),
      clock: deps.clock,
      signal: end.signal,
    });
    // A server may say what it was asked for.
    const { notifySecret = "" } = await deps.settings();
    const text = describe(url, delivered, words, [...hookSecretsOf(url), notifySecret]);
    if (delivered.problem === undefined) deps.out.talk(text);
    else deps.out.warn(`warning: ${text}`);
  } finally {
    undo();
  }
}

function describe(
  url: string,
  { tries, problem }: Delivered,
  { done, todo }: Told["words"],
  secrets: readonly string[],
): string {
  const times = tries === 1 ? "" : ` (${tries} attempts)`;
  if (problem === undefined) return `${done} ${hostOf(url)}${times}`;
  const hiding = createHiding(redactUrls);
  for (const secret of secrets) hiding.hide(secret);
  return `could not ${todo} ${hostOf(url)}: ${hiding.text(problem)}${times}`;
}
