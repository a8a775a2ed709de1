import { readFile } from "node:fs/promises";
import { PushCliError } from "../errors.ts";
import { readProblem } from "./config-file.ts";
import { missingError } from "./credentials.ts";
import type { Settings } from "./settings.ts";

/** The keys for signing requests and verifying answers, as given. */
interface GivenKeys {
  appid: string;
  privateKey: string;
  platformKey?: string;
  certificates?: { app: string; platform: string; root: string };
}

const CERTIFICATES = ["alipayAppCert", "alipayCert", "alipayRootCert"] as const;

/**
 * Alipay's keys, and in certificate mode the contents of the certificate files. Rejects with a `credentials` error when
 * something is missing, or a file can't be read.
 */
export async function loadSigningKeys(settings: Settings): Promise<GivenKeys> {
  const { appid, alipayPrivateKey: privateKey, alipayPublicKey: platformKey, configFiles } = settings;
  const certificates = CERTIFICATES.filter((key) => settings[key] !== undefined);
  if (appid === undefined || privateKey === undefined)
    throw missingError(
      (["appid", "alipayPrivateKey"] as const).filter((key) => settings[key] === undefined),
      configFiles,
    );
  if (certificates.length === 0) {
    if (platformKey === undefined) throw missingError(["alipayPublicKey"], configFiles);
    return { appid, privateKey, platformKey };
  }
  const missing = CERTIFICATES.filter((key) => settings[key] === undefined);
  if (missing.length > 0) throw missingError(missing, configFiles);
  const [app = "", platform = "", root = ""] = await Promise.all(
    CERTIFICATES.map((key) => readCertificate(settings[key] ?? "")),
  );
  return { appid, privateKey, certificates: { app, platform, root } };
}

async function readCertificate(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new PushCliError("credentials", `cannot read the certificate "${path}": ${readProblem(error)}`, {
      hint: "certificate mode needs the three .crt files that Alipay's console hands out",
      cause: error,
    });
  });
}
