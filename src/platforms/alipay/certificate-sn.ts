import { createHash, X509Certificate } from "node:crypto";

/**
 * Alipay's identifier of a certificate: md5 of its issuer, most specific part first, and of its serial number in decimal.
 * Source: opendocs.alipay.com, "certificate mode"; the vendor's SDK computes the same.
 */
export function certificateSn({ issuer, serialNumber }: X509Certificate): string {
  const name = issuer.split("\n").reverse().join(",");
  return createHash("md5")
    .update(`${name}${BigInt(`0x${serialNumber}`)}`)
    .digest("hex");
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The same for the certificates of a PEM file that are signed with RSA, joined by "_"; an empty string when there are none.
 * Alipay's root file also holds others (SM2), which this Node may not be able to read.
 */
export function rootCertificateSn(pem: string): string {
  return (pem.match(CERTIFICATE) ?? [])
    .filter((one) => isSignedWithRsa(derOf(one)))
    .map((one) => certificateSn(new X509Certificate(one)))
    .join("_");
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
}

/** 1.2.840.113549.1.1: the prefix of every algorithm of PKCS#1. */
const PKCS1 = Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]);

/**
 * A certificate is a sequence of the signed content, the algorithm (a sequence that begins with its OID), and the signature.
 */
function isSignedWithRsa(certificate: Buffer): boolean {
  const { start } = readHeader(certificate, 0);
  const { end } = readHeader(certificate, start);
  const { start: oidAt } = readHeader(certificate, end);
  const { start: oid } = readHeader(certificate, oidAt);
  return certificate.subarray(oid, oid + PKCS1.length).equals(PKCS1);
}

/** Where the content of the DER value at `at` starts and ends. */
function readHeader(der: Buffer, at: number): { start: number; end: number } {
  const first = der[at + 1] ?? 0;
  const sizeBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + sizeBytes;
  const size = sizeBytes === 0 ? first : Number.parseInt(der.toString("hex", at + 2, start), 16);
  return { start, end: start + size };
}
