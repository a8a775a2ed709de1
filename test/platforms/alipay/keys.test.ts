import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { AlipaySdk } from "alipay-sdk";
import { describe, expect, it } from "vitest";
import { certificateSn, rootCertificateSn } from "../../../src/platforms/alipay/certificate-sn.ts";
import { readKeys } from "../../../src/platforms/alipay/keys.ts";
import type { SigningKeys } from "../../../src/platforms/errcode/account.ts";
import { createAuthority } from "../../helpers/certificates.ts";
import { ALIPAY, APP, KEYS, keyText } from "./gateway.ts";

const ROOT = createAuthority("C=CN,O=Ant Financial,OU=Certification Authority,CN=Root R1", "rsa");
const OTHER_ROOT = createAuthority("C=CN,O=NRCAC,CN=ROOTCA");
const OWN = ROOT.issue({ name: "C=CN,O=app,CN=2021000000000000" });
const PLATFORM = ROOT.issue({ name: "C=CN,CN=Alipay" });
const CERTIFICATES = {
  app: OWN.cert,
  platform: PLATFORM.cert,
  root: `${OTHER_ROOT.cert}\n${ROOT.cert}${ROOT.cert}`,
};

/** What the vendor's SDK makes of the certificates. */
function askSdk({ app, platform, root }: typeof CERTIFICATES) {
  const { config } = new AlipaySdk({
    appId: "1",
    privateKey: OWN.key,
    keyType: "PKCS8",
    appCertContent: app,
    alipayPublicCertContent: platform,
    alipayRootCertContent: root,
  });
  return { appSn: config.appCertSn, alipaySn: config.alipayCertSn, rootSn: config.alipayRootCertSn };
}

describe("the name of a certificate", () => {
  it("is that of Alipay's real root, by its issuer and number", () => {
    const issuer =
      "C=CN\nO=Ant Financial\nOU=Certification Authority\nCN=Ant Financial Certification Authority R1";
    const real = { issuer, serialNumber: "1FCFA18D6A480D11" } as X509Certificate;
    // Part of the alipay_root_cert_sn that the world's requests have.
    expect(certificateSn(real)).toBe("687b59193f3f462dd5336e5abf83c5d8");
  });

  it("of a root file is that of its RSA certificates", () => {
    expect(rootCertificateSn(CERTIFICATES.root).split("_")).toHaveLength(2);
    expect(rootCertificateSn(OTHER_ROOT.cert)).toBe("");
  });
});

it("takes certificates in the place of Alipay's public key, and names them as the vendor's SDK does", () => {
  const keys = readKeys({ appid: "1", privateKey: OWN.key, certificates: CERTIFICATES });
  expect(keys.certificates).toEqual(askSdk(CERTIFICATES));
  expect(keys.alipayKey.equals(new X509Certificate(PLATFORM.cert).publicKey)).toBe(true);
});

describe("refuses", () => {
  const certified = { appid: "1", privateKey: OWN.key };
  const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cases: [string, SigningKeys, string][] = [
    [
      "a public key for a private one",
      { ...KEYS, privateKey: keyText(APP.publicKey, "spki") },
      "PRIVATE_KEY is not",
    ],
    ["a key that was cut off", { ...KEYS, privateKey: KEYS.privateKey.slice(0, 400) }, "PRIVATE_KEY is not"],
    ["no base64", { ...KEYS, privateKey: "not-a-key" }, "PRIVATE_KEY is not"],
    [
      "a key of another kind",
      { ...KEYS, privateKey: keyText(EC.privateKey, "pkcs8", "pem") },
      "PRIVATE_KEY is not",
    ],
    [
      "a private key for a public one",
      { ...KEYS, platformKey: keyText(ALIPAY.privateKey, "pkcs8", "pem") },
      "PUBLIC_KEY is not",
    ],
    ["no public key", { ...KEYS, platformKey: "" }, "PUBLIC_KEY is not"],
    [
      "our own public key for Alipay's",
      { ...KEYS, platformKey: keyText(APP.publicKey, "spki") },
      "the application's own",
    ],
    [
      "the certificate of another key",
      { ...certified, certificates: { ...CERTIFICATES, app: PLATFORM.cert } },
      "APP_CERT is not the certificate of",
    ],
    [
      "a certificate that is none",
      { ...certified, certificates: { ...CERTIFICATES, platform: "x" } },
      "ALIPAY_CERT is no",
    ],
    [
      "roots without RSA",
      { ...certified, certificates: { ...CERTIFICATES, root: OTHER_ROOT.cert } },
      "ROOT_CERT holds no RSA",
    ],
  ];

  it.each(cases)("%s, and quotes nothing of it", (_what, keys, message) => {
    const error = (() => {
      try {
        readKeys(keys);
      } catch (thrown) {
        return thrown as Error & { hint?: string };
      }
      throw new Error("it was taken");
    })();
    expect(error).toMatchObject({ kind: "credentials", message: expect.stringContaining(message) });
    const told = `${error.message} ${error.hint} ${String(error.cause ?? "")}`;
    for (const text of [keys.privateKey, keys.platformKey ?? ""])
      if (text.length > 20) expect(told).not.toContain(text.slice(30, 50));
  });
});
