import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import type { AlipaySandboxKeys } from "../options.ts";

const ALGORITHM = "RSA-SHA256";

/** One line of base64 each, as shown by Alipay's console and key tool. */
export interface HandedOutKeys {
  /** The application's; undefined if only its public half is known here. */
  appPrivateKey: string | undefined;
  alipayPublicKey: string;
}

/**
 * The application's key and Alipay's own: unless given, they are the same in all sandboxes of a process, for its lifetime.
 */
export class AlipayKeyRing {
  readonly certificates: AlipaySandboxKeys["certificates"];
  readonly #given: AlipaySandboxKeys | undefined;
  /** Cache: answers repeat, and signatures of PKCS#1 v1.5 are always the same. */
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

  /** Whether the application has signed this text. */
  isSigned(text: string, signature: string): boolean {
    return verify(ALGORITHM, Buffer.from(text), this.#appKey().publicKey, Buffer.from(signature, "base64"));
  }

  sign(text: string): string {
    let signature = this.#signatures.get(text);
    if (signature === undefined) {
      signature = sign(ALGORITHM, Buffer.from(text), this.#ownKey().privateKey).toString("base64");
      if (this.#signatures.size < MAX_KEPT) this.#signatures.set(text, signature);
    }
    return signature;
  }

  #appKey(): { publicKey: KeyObject; privateKey?: KeyObject } {
    const publicKey = this.#given?.appPublicKey;
    return publicKey ? { publicKey } : madeKeys().app;
  }

  #ownKey(): { publicKey: KeyObject; privateKey: KeyObject } {
    const privateKey = this.#given?.alipayPrivateKey;
    return privateKey ? { publicKey: createPublicKey(privateKey), privateKey } : madeKeys().own;
  }
}

const MAX_KEPT = 1000;

/** Generated on first use, because that takes a moment. */
let made: { app: ReturnType<typeof makePair>; own: ReturnType<typeof makePair> } | undefined;

function madeKeys() {
  made ??= { app: makePair(), own: makePair() };
  return made;
}

function makePair() {
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}
