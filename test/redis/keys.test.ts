import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PushCliError } from "../../src/errors.ts";
import { createKeys, isOpenId } from "../../src/redis/keys.ts";

const OPEN_ID = "oGZUI0egBJY1zhBYw2KhdUfwVJJE";
const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });

it("makes these keys, to the letter", () => {
  expect({
    pool: keys.pool(OPEN_ID),
    ledger: keys.ledger(OPEN_ID),
    seen: keys.seen(OPEN_ID),
    broadcast: keys.broadcast("20261123-184012-k3f9"),
    run: keys.run("20261123-184012-k3f9", "8sd0f1k2j3h4"),
    audience: keys.audience("20261123-184012-k3f9", "8sd0f1k2j3h4"),
    broadcasts: keys.broadcasts,
    suppressed: keys.suppressed,
    accessToken: keys.accessToken("wx0123456789abcdef"),
    templates: keys.templates("wx0123456789abcdef"),
    lock: keys.lock("purge"),
    anyPool: keys.anyPool,
    poolsLike: keys.poolsLike("oGZ*"),
    anyLedger: keys.anyLedger,
  }).toEqual({
    pool: "mina:openid:oGZUI0egBJY1zhBYw2KhdUfwVJJE",
    ledger: "{mina:openid:oGZUI0egBJY1zhBYw2KhdUfwVJJE}:sends",
    seen: "{mina:openid:oGZUI0egBJY1zhBYw2KhdUfwVJJE}:seen",
    broadcast: "mina:broadcast:20261123-184012-k3f9",
    run: "mina:broadcast:20261123-184012-k3f9:run:8sd0f1k2j3h4",
    audience: "mina:broadcast:20261123-184012-k3f9:audience:8sd0f1k2j3h4",
    broadcasts: "mina:broadcasts",
    suppressed: "mina:suppressed",
    accessToken: "mina:access_token:wx0123456789abcdef",
    templates: "mina:templates:wx0123456789abcdef",
    lock: "mina:lock:purge",
    anyPool: "mina:openid:*",
    poolsLike: "mina:openid:oGZ*",
    anyLedger: "{mina:openid:*}:sends",
  });
});

it("lets a pool prefix with a tag of its own lead both keys", () => {
  const tagged = createKeys({ keyPrefix: "{app}:", poolPrefix: "x:{pools}:" });
  expect([tagged.pool("o1"), tagged.ledger("o1")]).toEqual(["x:{pools}:o1", "x:{pools}:o1:sends"]);
  expect([tagged.anyPool, tagged.anyLedger]).toEqual(["x:{pools}:*", "x:{pools}:*:sends"]);
  expect([tagged.lock("purge"), tagged.broadcasts]).toEqual(["{app}:lock:purge", "{app}:broadcasts"]);
  expect(tagged.openIdOfLedger("x:{pools}:o1:sends")).toBe("o1");
});

it("knows an openId, and its pool's and ledger's key", () => {
  const pools = (poolPrefix: string) => createKeys({ keyPrefix: "mina:", poolPrefix });
  for (const some of [keys, pools("x:{pools}:"), pools("a b[*]:")]) {
    for (const text of [OPEN_ID, String(some.pool(OPEN_ID)), String(some.ledger(OPEN_ID))])
      expect(some.toOpenId(text)).toBe(OPEN_ID);
    expect(some.toOpenId("")).toBeUndefined();
    expect(some.toOpenId(String(some.pool("a b")))).toBeUndefined();
  }
  // Another key is an openId of odd letters; there is no pool of it, and that is told.
  expect(keys.toOpenId("mina:openId:o1")).toBe("mina:openId:o1");
});

it("takes nothing off an openId that only begins like a prefix of letters", () => {
  for (const poolPrefix of ["o", "oGZ", "pool_"]) {
    const some = createKeys({ keyPrefix: "mina:", poolPrefix });
    expect(some.toOpenId(`${poolPrefix}ABC`)).toBe(`${poolPrefix}ABC`);
  }
});

it("escapes what globs would take for patterns", () => {
  const odd = createKeys({ keyPrefix: "m:", poolPrefix: "a[b]*?\\c:" });
  expect(odd.anyPool).toBe("a\\[b\\]\\*\\?\\\\c:*");
  expect(odd.anyLedger).toBe("{a\\[b\\]\\*\\?\\\\c:*}:sends");
  expect(odd.pool("o*")).toBe("a[b]*?\\c:o*");
});

it.each(["{", "}", "a{}b:", "a{b}{c}:", "{a{b}}:", "a}b{c:", "{{a}:"])("refuses the prefix %s", (prefix) => {
  const refusal = expect.objectContaining({
    kind: "config",
    message: expect.stringContaining(`'${prefix}'`),
  });
  const make = (prefixes: { keyPrefix: string; poolPrefix: string }) => {
    try {
      return createKeys(prefixes);
    } catch (error) {
      expect(error).toBeInstanceOf(PushCliError);
      return error;
    }
  };
  expect(make({ keyPrefix: "m:", poolPrefix: prefix })).toEqual(refusal);
  expect(make({ keyPrefix: prefix, poolPrefix: "p:" })).toEqual(refusal);
});

/** What Redis Cluster hashes of a key: the text in the first pair of braces, if there is any in it. */
function hashedPart(key: string): string {
  const open = key.indexOf("{");
  const close = key.indexOf("}", open + 1);
  return open < 0 || close <= open + 1 ? key : key.slice(open + 1, close);
}

it("puts a pool and its ledger into one slot, and reads the openId off both", () => {
  const openId = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter(isOpenId);
  const prefix = fc.constantFrom(
    "mina:openid:",
    "",
    "{t}:",
    "a{t}b",
    "mina:openId:",
    ":",
    "sends:",
    "x:sends",
  );
  fc.assert(
    fc.property(prefix, openId, (poolPrefix, id) => {
      const some = createKeys({ keyPrefix: "mina:", poolPrefix });
      expect(hashedPart(String(some.ledger(id)))).toBe(hashedPart(String(some.pool(id))));
      expect(some.openIdOfPool(some.pool(id))).toBe(id);
      expect(some.openIdOfLedger(some.ledger(id))).toBe(id);
    }),
    { numRuns: 1000 },
  );
});

describe("an openId", () => {
  it.each([OPEN_ID, "o", "a:b", "用户", "😀", "x".repeat(128), "*", "[", "%d"])("can be %s", (text) => {
    expect(isOpenId(text)).toBe(true);
    expect(keys.openIdOfPool(keys.pool(text))).toBe(text);
  });

  it.each([
    ["nothing", ""],
    ["a space", "a b"],
    ["a line break", "a\n"],
    ["an opening brace", "a{b"],
    ["a closing brace", "a}b"],
    ["a control character", "a\u0000"],
    ["an invisible character", "a\u200bb"],
    ["a byte order mark", "\ufeffa"],
    ["half a surrogate pair", "a\ud83d"],
    ["what is left of bytes that are not UTF-8", "a\ufffdb"],
    ["more than 128 characters", "x".repeat(129)],
  ])("can't have or be %s", (_, text) => {
    expect(isOpenId(text)).toBe(false);
    expect(keys.openIdOfPool(keys.pool(text))).toBeUndefined();
    expect(keys.openIdOfLedger(keys.ledger(text))).toBeUndefined();
  });

  it("is not read off keys of another kind", () => {
    expect(keys.openIdOfPool("mina:openId:o1")).toBeUndefined();
    expect(keys.openIdOfPool("{mina:openid:o1}:sends")).toBeUndefined();
    expect(keys.openIdOfLedger("mina:openid:o1")).toBeUndefined();
    expect(keys.openIdOfLedger("{mina:openid:o1}:other")).toBeUndefined();
    expect(keys.openIdOfLedger("{mina:openid:}:sends")).toBeUndefined();
  });
});
