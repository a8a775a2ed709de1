import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import type { AlipaySandboxKeys } from "../options.ts";

const ALGORITHM = "RSA-SHA256";

/** One line of base64 each, as Alipay's console and key tool show them. */
export interface HandedOutKeys {
  /** Of the application; undefined where only its public half is known here. */
  appPrivateKey: string | undefined;
  alipayPublicKey: string;
}

/**
 * The application's key and Alipay's own. They are made at the first use, as that takes a moment, and stay what they are for
 * as long as the sandbox runs.
 */
export class AlipayKeyRing {
  readonly certificates: AlipaySandboxKeys["certificates"];
  readonly #given: AlipaySandboxKeys | undefined;
  #app: { publicKey: KeyObject; privateKey?: KeyObject } | undefined;
  #own: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  /** Answers repeat, and signatures of PKCS#1 v1.5 are always the same. */
  readonly #signatures = new Map<string, string>();

  constructor(given: AlipaySandboxKeys | undefined) {
    this.#given = given;
    this.certificates = given?.certificates;
  }

  handOut(): HandedOutKeys {
    const { privateKey } = this.#appKey();
    return {
      appPrivateKey: privateKey?.export({ type: "pkcs8", format: "der" }).toString("base64"),
      alipayPublicKey: this.#ownKey().publicKey.export({ type: "spki", format: "der" }).toString("base64"),
    };
  }

  /** Whether the application has signed this. */
  isSigned(text: string, signature: string): boolean {
    return verify(ALGORITHM, Buffer.from(text), this.#appKey().publicKey, Buffer.from(signature, "base64"));
  }

  sign(text: string): string {
    let signature = this.#signatures.get(text);
    if (signature === undefined) {
      signature = sign(ALGORITHM, Buffer.from(text), this.#ownKey().privateKey).toString("base64");
      if (this.#signatures.size < MOST_KEPT) this.#signatures.set(text, signature);
    }
    return signature;
  }

  #appKey() {
    this.#app ??= this.#given?.appPublicKey
      ? { publicKey: createPublicKey(this.#given.appPublicKey) }
      : makePair();
    return this.#app;
  }

  #ownKey() {
    const { alipayPrivateKey: privateKey } = this.#given ?? {};
    this.#own ??= privateKey ? { publicKey: createPublicKey(privateKey), privateKey } : makePair();
    return this.#own;
  }
}

const MOST_KEPT = 1000;

function makePair() {
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}
