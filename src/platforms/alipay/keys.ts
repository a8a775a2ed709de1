import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { PushCliError } from "../../errors.ts";
import type { SigningKeys } from "../errcode/account.ts";
import { certificateSn, rootCertificateSn } from "./certificate-sn.ts";

/** An account's keys, ready for use. */
export interface AlipayKeys {
  appid: string;
  privateKey: KeyObject;
  /** Alipay's public key, for verifying its answers. */
  alipayKey: KeyObject;
  /** In certificate mode: the certificate ids to send in requests and to expect in answers. */
  certificates?: { appSn: string; rootSn: string; alipaySn: string } | undefined;
}

const PRIVATE_KEY = "PUSH_CLI_ALIPAY_PRIVATE_KEY";
const PUBLIC_KEY = "PUSH_CLI_ALIPAY_PUBLIC_KEY";
const FORMS = "one line of base64 as Alipay's key tool writes it (PKCS#1 or PKCS#8), or PEM";

/**
 * Reads the given keys and certificates. Throws a `credentials` error that names the setting, and never quotes its
 * value.
 */
export function readKeys({ appid, privateKey: given, platformKey, certificates }: SigningKeys): AlipayKeys {
  const privateKey = readPrivateKey(given);
  const ownKey = createPublicKey(privateKey);
  if (certificates) {
    const app = readCertificate(certificates.app, "PUSH_CLI_ALIPAY_APP_CERT");
    if (!app.publicKey.equals(ownKey))
      throw refused(
        `PUSH_CLI_ALIPAY_APP_CERT is not the certificate of ${PRIVATE_KEY}`,
        "take the certificate that was issued for this key: appCertPublicKey_<appid>.crt",
      );
    const alipay = readCertificate(certificates.platform, "PUSH_CLI_ALIPAY_CERT");
    return {
      appid,
      privateKey,
      alipayKey: alipay.publicKey,
      certificates: {
        appSn: certificateSn(app),
        rootSn: rootSnOf(certificates.root),
        alipaySn: certificateSn(alipay),
      },
    };
  }
  const alipayKey = readPublicKey(platformKey ?? "");
  // The most common mistake: the console shows both keys next to each other.
  if (alipayKey.equals(ownKey))
    throw refused(
      `${PUBLIC_KEY} is the application's own public key`,
      "take Alipay's public key, which the console shows once the application's was uploaded",
    );
  return { appid, privateKey, alipayKey };
}

function readPrivateKey(text: string): KeyObject {
  const wrong = refused(`${PRIVATE_KEY} is not an RSA private key`, `give ${FORMS}, without a passphrase`);
  return readKey(text, wrong, {
    pem: (key) => createPrivateKey({ key, format: "pem" }),
    der: (key) =>
      firstOf(
        () => createPrivateKey({ key, format: "der", type: "pkcs8" }),
        () => createPrivateKey({ key, format: "der", type: "pkcs1" }),
      ),
  });
}

function readPublicKey(text: string): KeyObject {
  const wrong = refused(`${PUBLIC_KEY} is not an RSA public key`, `give ${FORMS}`);
  // node:crypto would derive a public key from a private one.
  if (/PRIVATE KEY/.test(text)) throw wrong;
  return readKey(text, wrong, {
    pem: (key) => createPublicKey({ key, format: "pem" }),
    der: (key) =>
      firstOf(
        () => createPublicKey({ key, format: "der", type: "spki" }),
        () => createPublicKey({ key, format: "der", type: "pkcs1" }),
      ),
  });
}

/** Throws `wrong` without node:crypto's own message, which might quote the key. */
function readKey(
  text: string,
  wrong: PushCliError,
  make: { pem(text: string): KeyObject; der(bytes: Buffer): KeyObject },
): KeyObject {
  // Line breaks of a PEM text in an environment variable are often written as \n.
  const plain = text.replaceAll("\\n", "\n").trim();
  let key: KeyObject;
  try {
    key = plain.startsWith("-----BEGIN") ? make.pem(plain) : make.der(fromBase64(plain));
  } catch {
    throw wrong;
  }
  if (key.asymmetricKeyType !== "rsa") throw wrong;
  return key;
}

function firstOf(...ways: (() => KeyObject)[]): KeyObject {
  for (const way of ways) {
    try {
      return way();
    } catch {
      // Try the next form.
    }
  }
  throw new Error("no such form");
}

function fromBase64(text: string): Buffer {
  const base64 = text.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Error("not base64");
  return Buffer.from(base64, "base64");
}

function readCertificate(pem: string, setting: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw refused(
      `${setting} is not a certificate`,
      "give the .crt file that Alipay's console hands out (PEM)",
    );
  }
}

function rootSnOf(pem: string): string {
  const sn = rootCertificateSn(pem);
  if (sn !== "") return sn;
  throw refused(
    "PUSH_CLI_ALIPAY_ROOT_CERT holds no RSA certificate",
    "give alipayRootCert.crt as Alipay's console hands it out (PEM)",
  );
}

function refused(message: string, hint: string): PushCliError {
  return new PushCliError("credentials", message, { hint });
}
