import type { SourceNeeds } from "./commands/deps.ts";
import { redactUrl } from "./config/redact-url.ts";
import { passwordsOf } from "./config/secret-values.ts";
import type { Settings } from "./config/settings.ts";
import type { Logger } from "./log.ts";

/** Connects to where codes are imported from: the Redis of the settings, or another. */
export async function openSource(
  { redisUrl, redisTls, redisTimeoutMs }: Settings,
  needs: SourceNeeds,
  { log, onWait }: { log?: Logger | undefined; onWait(what: string, limitMs: number): void },
) {
  const { openCodeSource } = await import("./redis/code-source.ts");
  const url = needs.redisUrl ?? redisUrl;
  // Another server has another name; the CA and the client's certificate may serve for both.
  const { servername: _, ...common } = redisTls ?? {};
  const tls = needs.redisUrl === undefined ? redisTls : common;
  for (const password of passwordsOf(url)) log?.hide(password);
  return openCodeSource({
    ...needs,
    url,
    tls,
    redisTimeoutMs,
    shownUrl: redactUrl(url),
    patience: { isOn: () => true, onWait },
    log,
  });
}
