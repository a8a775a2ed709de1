import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A certificate and its key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface CertificateOptions {
  /** A common name, or attributes: `C=CN,O=Ant,CN=x`. */
  name: string;
  /** Host names it is for. */
  hosts?: string[];
  /** IPv4 addresses it is for. */
  addresses?: string[];
  /** Days from now. */
  from?: number;
  to?: number;
}

export interface Authority extends Certificate {
  issue(options: CertificateOptions): Certificate;
}

/** A throw-away CA of X.509, made of Node's own signatures: the machine may have no openssl. */
export function createAuthority(name: string, kind: "ec" | "rsa" = "ec"): Authority {
  const makeKeys = () =>
    kind === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = makeKeys();
  const issuer = { name, privateKey: keys.privateKey };
  return {
    ...render({ name, from: -2 }, keys, issuer, true),
    issue: (options) => render(options, makeKeys(), issuer, false),
  };
}

interface Keys {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const DAY_MS = 24 * 3600 * 1000;
let serial = 1;

function render(
  { name, hosts = [], addresses = [], from = -1, to = 1 }: CertificateOptions,
  keys: Keys,
  issuer: { name: string; privateKey: KeyObject },
  isAuthority: boolean,
): Certificate {
  const isRsa = issuer.privateKey.asymmetricKeyType === "rsa";
  const algorithm = isRsa ? sequence(OID.rsaWithSha256, der(0x05)) : sequence(OID.ecdsaWithSha256);
  const names = [
    ...hosts.map((host) => der(0x82, Buffer.from(host))),
    ...addresses.map((address) => der(0x87, Buffer.from(address.split(".").map(Number)))),
  ];
  const extensions = [
    // basicConstraints, critical: whether it is a CA.
    sequence(OID.basicConstraints, TRUE, octets(isAuthority ? sequence(TRUE) : sequence())),
    ...(names.length > 0 ? [sequence(OID.subjectAltName, octets(sequence(...names)))] : []),
  ];
  const body = sequence(
    der(0xa0, integer(2)),
    integer(serial++),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(Date.now() + from * DAY_MS), time(Date.now() + to * DAY_MS)),
    distinguishedName(name),
    keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuer.privateKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  const base64 = whole.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Tag, length, content: the whole of DER. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14);
  return der(0x18, Buffer.from(`${digits}Z`));
}

function distinguishedName(name: string): Buffer {
  const attributes = name.includes("=") ? name.split(",").map((pair) => pair.split("=")) : [["CN", name]];
  const rdns = attributes.map(([type = "", value = ""]) =>
    der(0x31, sequence(ATTRIBUTES[type] ?? OID.commonName, der(0x0c, Buffer.from(value)))),
  );
  return sequence(...rdns);
}

const TRUE = der(0x01, Buffer.from([0xff]));
const OID = {
  commonName: der(0x06, Buffer.from("550403", "hex")),
  subjectAltName: der(0x06, Buffer.from("551d11", "hex")),
  basicConstraints: der(0x06, Buffer.from("551d13", "hex")),
  ecdsaWithSha256: der(0x06, Buffer.from("2a8648ce3d040302", "hex")),
  rsaWithSha256: der(0x06, Buffer.from("2a864886f70d01010b", "hex")),
};
const ATTRIBUTES: Record<string, Buffer> = {
  C: der(0x06, Buffer.from("550406", "hex")),
  O: der(0x06, Buffer.from("55040a", "hex")),
  OU: der(0x06, Buffer.from("55040b", "hex")),
};
