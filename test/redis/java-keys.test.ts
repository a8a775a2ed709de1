import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createJavaKeys } from "../../src/redis/java-keys.ts";
import { createKeys } from "../../src/redis/keys.ts";
import { javaEntry } from "../pool/java/forms.ts";

const prefixes = { keyPrefix: "mina:", poolPrefix: "mina:openid:" };
const keys = createJavaKeys(prefixes);
const latin1 = (key: string | Buffer) => key.toString("latin1");

it("writes a pool's key as Java does", () => {
  expect(latin1(keys.pool("oAlice"))).toBe(javaEntry("a key"));
});

it("makes these keys, to the byte", () => {
  const head = "\xac\xed\x00\x05t";
  expect(latin1(keys.pool("o1"))).toBe(`${head}\x00\x0emina:openid:o1`);
  expect(latin1(keys.ledger("o1"))).toBe(`{${head}\x00\x0emina:openid:o1}:sends`);
  expect(latin1(keys.anyPool)).toBe(`${head}??mina:openid:*`);
  expect(latin1(keys.anyLedger)).toBe(`{${head}??mina:openid:*}:sends`);
  expect(keys.shownPool("o1")).toBe("\\xac\\xed\\x00\\x05t\\x00\\x0emina:openid:o1");
  expect(keys.shownPool("*")).toBe("\\xac\\xed\\x00\\x05t??mina:openid:*");
});

it("leads both keys by a prefix's own tag, and escapes globs in it", () => {
  const tagged = createJavaKeys({ keyPrefix: "mina:", poolPrefix: "{p}*:" });
  expect(latin1(tagged.ledger("o1"))).toBe("\xac\xed\x00\x05t\x00\x07{p}*:o1:sends");
  expect(latin1(tagged.anyLedger)).toBe("\xac\xed\x00\x05t??{p}\\*:*:sends");
  expect(tagged.openIdOfLedger(tagged.ledger("o1"))).toBe("o1");
});

it("leaves all other keys as they are", () => {
  const plain = createKeys(prefixes);
  expect([keys.broadcasts, keys.broadcast("b"), keys.run("b", "r"), keys.lock("purge")]).toEqual([
    plain.broadcasts,
    plain.broadcast("b"),
    plain.run("b", "r"),
    plain.lock("purge"),
  ]);
});

it("finds the openId in the keys that it made", () => {
  const openId = fc.string({ unit: fc.constantFrom(..."aZ09_-:é表"), minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(openId, (id) => {
      expect(keys.openIdOfPool(keys.pool(id))).toBe(id);
      expect(keys.openIdOfLedger(keys.ledger(id))).toBe(id);
      expect(keys.openIdOfLedger(keys.pool(id))).toBeUndefined();
      expect(keys.openIdOfPool(keys.ledger(id))).toBeUndefined();
    }),
  );
});

it("knows an openId, and the keys as redis-cli and our messages show them", () => {
  const texts = [
    "o1",
    "mina:openid:o1",
    "{mina:openid:o1}:sends",
    keys.shownPool("o1"),
    "\\xac\\xed\\x00\\x05t\\x00\\x0emina:openid:o1",
    "\\xAC\\xED\\x00\\x05t\\x00\\x0emina:openid:o1",
    "{\\xac\\xed\\x00\\x05t\\x00\\x0emina:openid:o1}:sends",
  ];
  expect(texts.map(keys.toOpenId)).toEqual(texts.map(() => "o1"));
  // The length of these, as redis-cli writes it, is a letter of its own.
  const lengths: [string, number][] = [
    ["\\n", 10],
    ["\\r", 13],
    ["\\t", 9],
    ['\\"', 34],
    ["(", 40],
    ["\\\\", 92],
  ];
  for (const [shown, length] of lengths) {
    const prefix = "p:".padEnd(length - 2, "x");
    const some = createJavaKeys({ keyPrefix: "mina:", poolPrefix: prefix.replace(/.$/, ":") });
    const text = `\\xac\\xed\\x00\\x05t\\x00${shown}${prefix.replace(/.$/, ":")}o1`;
    expect([length, some.toOpenId(text)]).toEqual([length, "o1"]);
  }
  expect(keys.toOpenId("a b")).toBeUndefined();
});

describe("is no pool", () => {
  const good = keys.pool("o1") as Buffer;
  const changed = (at: number, byte: number) => {
    const copy = Buffer.from(good);
    copy[at] = byte;
    return copy;
  };
  it.each([
    ["a plain key", Buffer.from("mina:openid:o1")],
    ["another length", changed(6, 13)],
    ["another magic", changed(0, 0xad)],
    ["another prefix", changed(7, 0x4d)],
    ["an openId of bytes that are no text", changed(good.length - 1, 0xff)],
    ["no openId", keys.pool("")],
    ["nothing", Buffer.alloc(0)],
  ])("%s", (_, key) => {
    expect(keys.openIdOfPool(key)).toBeUndefined();
  });
});
