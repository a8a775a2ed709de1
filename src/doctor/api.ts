import type { ChannelFacts } from "../broadcast/channel.ts";
import { type Finding, failed, passed, skipped, warning } from "./check.ts";
import type { Examination } from "./examination.ts";
import type { ApiProbe, ConnectionStep } from "./ports.ts";

const LOOPBACK = /^http:\/\/(127\.|localhost[:/]|localhost$|\[::1\])/;

/** The way to the API, step by step, and whether what the channel sends still arrives. */
export async function examineApi({ api, timeoutMs, settings }: Examination): Promise<Finding[]> {
  const opened = await api();
  if ("problem" in opened) return [failed("channel", opened.problem, { remedy: opened.hint })];
  const probe = opened.value;
  // Every step has the deadline of a check of its own.
  const steps = await probe.connect(timeoutMs);
  return [...judgeSteps(steps, settings.apiBase), judgeDelivery(probe)];
}

const STEPS: ConnectionStep["name"][] = ["proxy", "dns", "tcp", "tls", "http"];

function judgeSteps(steps: readonly ConnectionStep[], apiBase: string): Finding[] {
  const broken = steps.find(({ isOk }) => !isOk);
  return STEPS.map((name) => {
    const step = steps.find((one) => one.name === name);
    if (step) return judgeStep(step);
    if (name === "proxy") return skipped(name, "none");
    if (broken) return skipped(name, `not reached: ${broken.name} failed`);
    if (name === "tls") return judgePlainHttp(apiBase);
    // Through a proxy, the host's name is the proxy's to look up.
    return skipped(name, "done by the proxy");
  });
}

function judgeStep({ name, found, isOk, hint, ms }: ConnectionStep): Finding {
  return isOk ? passed(name, found, { ms }) : failed(name, found, { remedy: hint ?? HINTS[name], ms });
}

const HINTS: Record<ConnectionStep["name"], string> = {
  proxy: "check --proxy (PUSH_CLI_PROXY, HTTPS_PROXY); use --proxy none to connect directly",
  dns: "check --api-base and this host's name servers (/etc/resolv.conf)",
  tcp: "check --api-base, firewalls and network access; use --proxy if a proxy is required",
  tls: "check --api-base; use --api-ca for the CA of a TLS-inspecting proxy",
  http: "check --api-base: the server may not be an HTTP server",
};

function judgePlainHttp(apiBase: string): Finding {
  if (LOOPBACK.test(apiBase)) return skipped("tls", "not needed: the API is on this machine");
  return warning("tls", `${apiBase} is not encrypted: appsecret, token and messages can be intercepted`, {
    remedy: "use https:// in --api-base",
  });
}

function judgeDelivery({ facts, isOwnBase }: Pick<ApiProbe, "facts" | "isOwnBase">): Finding {
  const { name, delivers } = facts;
  if (!isOwnBase) return passed("delivery", "not the platform's own API: delivery depends on this server");
  const found = `${name} as of ${delivers.asOf}: ${delivers.note}`;
  return JUDGE[delivers.today](found);
}

const OTHER = "to list channels: push-cli channels; select one with --channel";

const JUDGE: Record<ChannelFacts["delivers"]["today"], (found: string) => Finding> = {
  yes: (found) => passed("delivery", found),
  "not confirmed": (found) =>
    warning("delivery", found, {
      remedy: "send to yourself first: push-cli broadcast <templateId> --to <openId>",
    }),
  no: (found) => failed("delivery", found, { remedy: OTHER }),
};
