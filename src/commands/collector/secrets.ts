import { requireAppid } from "../../config/credentials.ts";
import { SECRETS } from "../../config/secrets.ts";
import type { CollectorSecret } from "../../config/setting-keys.ts";
import type { Settings } from "../../config/settings.ts";
import { PushCliError } from "../../errors.ts";
import type { CollectorNeeds } from "../deps.ts";

/** The secrets that a collector works with; all of them can be used. */
export type Secrets = { [key in CollectorSecret]?: string };

/** Throws a config error about those that can't be used, and where something is given without what it is of no use without. */
export function requireSecrets(
  settings: Settings,
  { trustHeader, cloudHosting, forward }: Pick<CollectorNeeds, "trustHeader" | "cloudHosting" | "forward">,
): Secrets {
  const secrets = usableSecrets(settings);
  const hasCallback = secrets.callbackToken !== undefined || cloudHosting;
  if (secrets.collectorSecret === undefined && trustHeader === undefined && !hasCallback)
    throw nothingGiven();
  const [lonely] = lonelySecrets(secrets, cloudHosting);
  if (lonely) throw lonely;
  if (hasCallback) requireAppid(settings);
  else if (forward !== undefined) {
    throw new PushCliError("config", "--forward: no callback is configured, so there is nothing to forward", {
      hint: `set ${SECRETS.callbackToken.env}`,
    });
  }
  return secrets;
}

function usableSecrets({ collectorSecrets }: Settings): Secrets {
  const secrets: Secrets = {};
  const problems: PushCliError[] = [];
  for (const [key, secret] of Object.entries(collectorSecrets)) {
    if ("problem" in secret) problems.push(secret.problem);
    else secrets[key as CollectorSecret] = secret.value;
  }
  const [first, second] = problems;
  if (first && !second) throw first;
  if (!first) return secrets;
  throw new PushCliError("config", `${problems.length} secrets of the collector are invalid`, {
    details: problems.map(({ message, hint }) => `${message}; ${hint}`),
    hint: "fix them and run again",
  });
}

function nothingGiven(): PushCliError {
  return new PushCliError("config", "the collector has no secret, so it could not accept anything", {
    details: [
      `${SECRETS.collectorSecret.env} for /login, /codes and /consents; ${SECRETS.collectorSecret.hint}`,
      `${SECRETS.callbackToken.env} for /callback; ${SECRETS.callbackToken.hint}`,
      "--trust-openid-header for /codes and /consents behind a gateway that identifies the user",
    ],
    hint: "set at least one of them; to see what is set: push-cli collector check",
  });
}

/** What is of no use without another one that is not given. */
function lonelySecrets(secrets: Secrets, cloudHosting: boolean): PushCliError[] {
  const without = (key: CollectorSecret, other: CollectorSecret) =>
    secrets[key] === undefined || secrets[other] !== undefined
      ? []
      : [
          new PushCliError("config", `${SECRETS[key].env} is set without ${SECRETS[other].env}`, {
            hint: SECRETS[other].hint,
          }),
        ];
  return [
    ...(cloudHosting ? [] : without("callbackAesKey", "callbackToken")),
    ...without("callbackAesKeyPrevious", "callbackAesKey"),
  ];
}
