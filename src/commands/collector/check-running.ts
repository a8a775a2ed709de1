import { createHash, randomBytes } from "node:crypto";
import type { GivenSecret, Settings } from "../../config/settings.ts";
import type { CollectorProbe } from "../deps.ts";
import type { Check } from "./checks.ts";

/** Nobody's: an empty report of it changes nothing. */
const PROBE_USER = "push-cli-collector-check";

type Answer = Awaited<ReturnType<CollectorProbe["ask"]>>;

/** Asks a running collector what changes nothing, by the settings here: they should be its own. */
export async function checkRunning(
  base: string,
  settings: Settings,
  probe: CollectorProbe,
  nowMs: number,
): Promise<Check[]> {
  const health = judge(
    "healthz",
    "responds and reaches Redis",
    await probe.ask(`${base}/healthz`),
    isStatus(200),
  );
  // Each of the others would say the same once more.
  if (health.problem?.startsWith("no response")) return [health];
  const token = usable(settings.collectorSecrets.callbackToken);
  const secret = usable(settings.collectorSecrets.collectorSecret);
  return [
    health,
    ...(token === undefined ? [] : await checkCallback(`${base}/callback`, token, nowMs, probe)),
    ...(secret === undefined ? [] : await checkSession(`${base}/codes`, secret, probe)),
  ];
}

function usable(secret: GivenSecret | undefined): string | undefined {
  return secret && "value" in secret ? secret.value : undefined;
}

async function checkCallback(
  url: string,
  token: string,
  nowMs: number,
  probe: CollectorProbe,
): Promise<Check[]> {
  const echo = randomBytes(8).toString("hex");
  const good = await probe.ask(urlCheck(url, token, nowMs, echo));
  const forged = await probe.ask(urlCheck(url, randomBytes(8).toString("hex"), nowMs, echo));
  return [
    judge("callback", "passes the platform's URL verification", good, (answer) =>
      answer.status === 200 && answer.text.trim() === echo
        ? undefined
        : "does not pass the platform's URL verification",
    ),
    judge("forged callback", "is refused", forged, isStatus(401)),
  ];
}

/** The vendor's page "message push": sha1 of token, timestamp and nonce, sorted. */
function urlCheck(url: string, token: string, nowMs: number, echo: string): string {
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = randomBytes(8).toString("hex");
  const signature = createHash("sha1").update([token, timestamp, nonce].sort().join("")).digest("hex");
  return `${url}?${new URLSearchParams({ signature, timestamp, nonce, echostr: echo })}`;
}

async function checkSession(url: string, secret: string, probe: CollectorProbe): Promise<Check[]> {
  const body = '{"codes":[]}';
  const report = async (key: string) =>
    probe.ask(url, { body, token: await probe.signToken(key, PROBE_USER) });
  const good = await report(secret);
  const forged = await report(randomBytes(32).toString("hex"));
  return [
    judge("session", "a token signed with the secret is accepted", good, isStatus(200)),
    judge("forged session", "is refused", forged, isStatus(401)),
  ];
}

function isStatus(wanted: number): (answer: { status: number }) => string | undefined {
  return ({ status }) => (status === wanted ? undefined : `should be ${wanted}`);
}

function judge(
  name: string,
  what: string,
  answer: Answer,
  problemOf: (answer: { status: number; text: string }) => string | undefined,
): Check {
  if ("problem" in answer) return { name, state: "wrong", what, problem: `no response: ${answer.problem}` };
  const problem = problemOf(answer);
  if (problem === undefined) return { name, state: "ok", what };
  const hint = HINTS[answer.status];
  const said = `responded with ${answer.status}${codeOf(answer.text)}`;
  return { name, state: "wrong", what, problem: `${said}: ${problem}`, ...(hint !== undefined && { hint }) };
}

const HINTS: Record<number, string> = {
  401: "the collector uses a different secret than these settings",
  404: "no collector is running there, or it was started without the secret for this route",
  502: "the proxy can't reach the collector",
  503: "the collector can't reach Redis, or is shutting down; see its log",
};

/** Of a collector's refusals. */
function codeOf(text: string): string {
  const code = /^\s*\{"error":\{"code":"([a-z_]{1,40})"/.exec(text)?.[1];
  return code === undefined ? "" : ` ${code}`;
}
