import { createCipheriv } from "node:crypto";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AES_KEY,
  APPID,
  eventJson,
  GRANT,
  OTHER_KEY,
  openReader,
  POPUP,
  plainPush,
  refusalOf,
  safePush,
  seal,
  TOKEN,
} from "./pushes.ts";

/** npm wechat-crypto, as far as it is used here; it has no types. */
interface WechatCrypto {
  encrypt(message: string): string;
  getSignature(timestamp: string, nonce: string, encrypted: string): string;
}
const WXBizMsgCrypt = createRequire(import.meta.url)("wechat-crypto") as new (
  token: string,
  aesKey: string,
  appid: string,
) => WechatCrypto;

const OTHER = [{ kind: "other", name: "unknown" }];
const reader = openReader({ aesKey: AES_KEY });

/** An envelope of these bytes, whatever they are. */
function sealBytes(plain: Buffer): string {
  const key = Buffer.from(`${AES_KEY}=`, "base64");
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString("base64");
}

/** Random part, length, message, appid and padding, with something wrong in it. */
function content({
  message = POPUP,
  length = Buffer.byteLength(message),
  appid = APPID,
  pad = 0,
} = {}): Buffer {
  const lengthBytes = Buffer.alloc(4);
  lengthBytes.writeUInt32BE(length);
  const plain = Buffer.concat([Buffer.alloc(16, 7), lengthBytes, Buffer.from(message + appid)]);
  const count = 32 - (plain.length % 32);
  return Buffer.concat([plain, Buffer.alloc(count, pad || count)]);
}

it("opens what wechat-crypto seals and signs: any text, any key, any appid", () => {
  const keys = fc.string({ unit: fc.constantFrom(..."ABCXYZabcxyz0189+/"), minLength: 43, maxLength: 43 });
  const names = fc.string({ unit: fc.constantFrom(..."abcwx01"), minLength: 1, maxLength: 40 });
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme", maxLength: 3000 }));
  fc.assert(
    fc.property(texts, keys, names, (text, aesKey, appid) => {
      const other = new WXBizMsgCrypt(TOKEN, aesKey, appid);
      const message = eventJson(
        "subscribe_msg_popup_event",
        { TemplateId: "T1", SubscribeStatusString: "accept" },
        { text },
      );
      const encrypted = other.encrypt(message);
      const push = safePush(encrypted);
      const signed = { ...push.query, msg_signature: other.getSignature("1795000001", "42", encrypted) };
      const { events } = openReader({ aesKey, appid }).read({ ...push, query: signed });
      expect(events).toEqual([GRANT]);
    }),
  );
});

describe("a key", () => {
  it("whose unused lowest bits are set is the same key", () => {
    // "8" is 60, with both bits 0; "9", "+" and "/" are 61, 62 and 63.
    for (const last of ["9", "+", "/"]) {
      const aesKey = AES_KEY.slice(0, 42) + last;
      expect(openReader({ aesKey }).read(safePush(seal(POPUP))).events).toEqual([GRANT]);
    }
  });

  it("that is none is a mistake of the settings, and not quoted", () => {
    for (const aesKey of ["", AES_KEY.slice(1), `${AES_KEY}=`, `${AES_KEY.slice(1)}-`, `${AES_KEY}\n`]) {
      const open = () => openReader({ aesKey });
      expect(open).toThrowError(expect.objectContaining({ kind: "config" }));
      expect(open).not.toThrowError(AES_KEY.slice(2, 20));
    }
    expect(() => openReader({ aesKey: AES_KEY, previousAesKey: "x" })).toThrowError(
      expect.objectContaining({ kind: "config", message: expect.stringContaining("previous") }),
    );
  });

  it("of before opens what is still sealed with it, and the new one the rest", () => {
    const changed = openReader({ aesKey: OTHER_KEY, previousAesKey: AES_KEY });
    expect(changed.read(safePush(seal(POPUP))).events).toEqual([GRANT]);
    expect(changed.read(safePush(seal(POPUP, OTHER_KEY))).events).toEqual([GRANT]);
    expect(refusalOf(() => changed.read(safePush(seal(POPUP, AES_KEY, "wx-other"))))).toBe("wrong_appid");
  });
});

describe("an envelope", () => {
  const fate = (encrypted: string) => refusalOf(() => reader.read(safePush(encrypted)));

  it("is taken as it should be", () => {
    expect(fate(sealBytes(content()))).toBeUndefined();
    expect(reader.read(safePush(sealBytes(content({ message: "{}" })))).events).toEqual(OTHER);
  });

  it.each([
    ["of another app", sealBytes(content({ appid: "wx-another-app" })), "wrong_appid"],
    ["of an app whose id begins like ours", sealBytes(content({ appid: `${APPID}0` })), "wrong_appid"],
    ["without an appid", sealBytes(content({ appid: "" })), "wrong_appid"],
    ["whose length is one too small", sealBytes(content({ length: POPUP.length - 1 })), "wrong_appid"],
    ["whose length is more than it holds", sealBytes(content({ length: 4000 })), "bad_envelope"],
    ["whose length is 4 GiB", sealBytes(content({ length: 0xffff_ffff })), "bad_envelope"],
    ["with a padding of 0", sealBytes(content({ pad: 256 })), "bad_envelope"],
    ["with a padding of more than a block", sealBytes(content({ pad: 33 })), "bad_envelope"],
    ["of nothing but padding", sealBytes(Buffer.alloc(32, 32)), "bad_envelope"],
    ["of too little for a length", sealBytes(Buffer.alloc(32, 13)), "bad_envelope"],
    ["of another key", seal(POPUP, OTHER_KEY), "bad_envelope"],
  ])("%s is refused", (_, encrypted, refusal) => {
    expect(fate(encrypted)).toBe(refusal);
  });

  it("padded to the cipher's 16 bytes, or by more than a block, is refused", () => {
    const bare = content().subarray(0, -(content().at(-1) ?? 0));
    const padTo = (length: number) => {
      const count = length - bare.length;
      return sealBytes(Buffer.concat([bare, Buffer.alloc(count, count)]));
    };
    const whole = Math.ceil(bare.length / 32) * 32;
    const half = bare.length + 16 < whole ? whole - 16 : whole + 16;
    expect([whole, half, whole + 32, whole + 64].map((length) => fate(padTo(length)))).toEqual([
      undefined,
      "bad_envelope",
      "bad_envelope",
      "bad_envelope",
    ]);
  });

  it("whose padding is not all alike is refused", () => {
    const plain = content();
    plain[plain.length - 2] = (plain.at(-2) ?? 0) ^ 1;
    expect(plain.at(-1)).toBeGreaterThan(1);
    expect(fate(sealBytes(plain))).toBe("bad_envelope");
  });

  it.each([
    ["of nothing", ""],
    ["of padding alone", "===="],
    ["in no base64", "not base64"],
    ["of less than a block", "A".repeat(43)],
    ["with too many = behind it", `${seal(POPUP).replace(/=*$/, "")}===`],
    ["with a blank in it", seal(POPUP).replace(/^(.{40})./, "$1 ")],
  ])("%s is refused", (_, encrypted) => {
    expect(fate(encrypted)).toBe("bad_envelope");
  });

  it("that is cut short, changed, or no envelope at all is refused, and nothing else is thrown", () => {
    const sealed = seal(POPUP);
    const bytes = Buffer.from(sealed, "base64");
    const cut = fc.nat(sealed.length - 5).map((end) => sealed.slice(0, end));
    const flipped = fc.nat(bytes.length * 8 - 1).map((bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return changed.toString("base64");
    });
    const random = fc.uint8Array({ maxLength: 400 }).map((any) => Buffer.from(any).toString("base64"));
    const aligned = fc
      .uint8Array({ minLength: 32, maxLength: 320 })
      .map((any) => Buffer.from(any.subarray(0, any.length - (any.length % 32))).toString("base64"));
    const sealedAny = fc
      .uint8Array({ minLength: 32, maxLength: 320 })
      .map((any) => sealBytes(Buffer.from(any.subarray(0, any.length - (any.length % 32)))));
    fc.assert(
      fc.property(
        fc.oneof(
          cut,
          random,
          aligned,
          sealedAny,
          fc.string().map((text) => text.trim()),
        ),
        (encrypted) => {
          expect(fate(encrypted)).toMatch(/^(bad_envelope|wrong_appid)$/);
        },
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(flipped, (encrypted) => {
        // Bits of the random part are nobody's, and a text of the event may come out another one.
        expect([undefined, "bad_envelope", "wrong_appid", "bad_body"]).toContain(fate(encrypted));
        // Without the token nobody gets that far.
        const forged = safePush(encrypted, { token: "guess" });
        expect(refusalOf(() => reader.read(forged))).toBe("bad_signature");
      }),
      { numRuns: 1000 },
    );
  });
});

describe("with a key", () => {
  it("a signed push that is not encrypted is refused: its body is not signed", () => {
    expect(refusalOf(() => reader.read(plainPush(POPUP)))).toBe("bad_envelope");
  });

  it("in compatible mode what was encrypted counts, in JSON and in XML", () => {
    const encrypted = seal(POPUP);
    const forged = JSON.stringify({ ...JSON.parse(POPUP), FromUserName: "oMallory", Encrypt: encrypted });
    expect(reader.read(safePush(encrypted, {}, forged)).events).toEqual([GRANT]);
    const xml = `<xml><FromUserName>oMallory</FromUserName><Event>subscribe_msg_popup_event</Event><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
    expect(reader.read(safePush(encrypted, {}, xml)).events).toEqual([GRANT]);
  });

  it("a push that says it is encrypted must be", () => {
    expect(refusalOf(() => reader.read(safePush("", {}, POPUP)))).toBe("bad_envelope");
    expect(refusalOf(() => reader.read(safePush(seal(POPUP), {}, "nothing")))).toBe("bad_body");
  });
});

it("without a key an encrypted push is refused", () => {
  expect(refusalOf(() => openReader().read(safePush(seal(POPUP))))).toBe("bad_envelope");
});
