import { describe, expect, it } from "vitest";
import type { CallbackRequest } from "../../../../src/collector/ports.ts";
import { NOW_SEC, openReader, POPUP, plainPush, refusalOf } from "./pushes.ts";

const BODY = Buffer.alloc(0);

/** What becomes of the same signing at the check of the URL and at a push. */
function bothWays(request: CallbackRequest): (string | undefined)[] {
  const query = { ...request.query, echostr: "1" };
  return [
    refusalOf(() => openReader().checkUrl({ ...request, query, body: BODY })),
    refusalOf(() => openReader().read(request)),
  ];
}

const good = plainPush(POPUP);

it("is taken, in either mode of request", () => {
  expect(bothWays(good)).toEqual([undefined, undefined]);
});

it.each([
  ["of another token", plainPush(POPUP, { token: "pushclj" })],
  [
    "in capitals",
    { ...good, query: { ...good.query, signature: String(good.query.signature).toUpperCase() } },
  ],
  ["cut short", { ...good, query: { ...good.query, signature: String(good.query.signature).slice(0, 39) } }],
  ["of as many characters and more bytes", { ...good, query: { ...good.query, signature: "é".repeat(40) } }],
  ["that is empty", { ...good, query: { ...good.query, signature: "" } }],
  ["of another time", { ...good, query: { ...good.query, timestamp: String(NOW_SEC + 1) } }],
  ["without a nonce", { ...good, query: { ...good.query, nonce: undefined } }],
  [
    "that is there twice",
    { ...good, query: { ...good.query, signature: [String(good.query.signature), "x"] } },
  ],
  ["of a nonce that is there twice", { ...good, query: { ...good.query, nonce: ["42", "42"] } }],
])("one %s is refused", (_, request) => {
  expect(bothWays(request)).toEqual(["bad_signature", "bad_signature"]);
});

it("without any, a request is not signed", () => {
  const unsigned = { ...good, query: { timestamp: String(NOW_SEC), nonce: "42" } };
  expect(bothWays(unsigned)).toEqual(["not_signed", "not_signed"]);
});

it("sorts by bytes: U+FF5E comes before U+1F600, whose UTF-16 comes first", () => {
  // sha1 of the time, U+FF5E, U+1F600, by `printf | sha1sum`.
  const query = {
    timestamp: String(NOW_SEC),
    nonce: "\uff5e",
    signature: "771b7b14ca14e00d3180aa4784bf55675bc554bc",
  };
  const request = { query, headers: {}, body: Buffer.from(POPUP) };
  expect(refusalOf(() => openReader({ token: "\u{1f600}" }).read(request))).toBeUndefined();
});

describe("the time of a signature may be", () => {
  it.each([
    [-600, undefined],
    [600, undefined],
    [-601, "stale_timestamp"],
    [601, "stale_timestamp"],
  ])("%d s from now: %s", (apart, refusal) => {
    expect(bothWays(plainPush(POPUP, { timestamp: String(NOW_SEC + apart) }))).toEqual([refusal, refusal]);
  });

  it.each(["", "soon", "1795000001.5", "-1", "NaN", "9".repeat(400), `${NOW_SEC}000`, ` ${NOW_SEC}`])(
    "no %j, although it is signed",
    (timestamp) => {
      expect(bothWays(plainPush(POPUP, { timestamp }))).toEqual(["stale_timestamp", "stale_timestamp"]);
    },
  );
});

describe("the check of the URL", () => {
  const check = (echostr: string | string[] | undefined) => () =>
    openReader().checkUrl({ ...good, query: { ...good.query, echostr }, body: BODY });

  it.each(["4375120948345356249", "0", "abc_-.~+/=", "7".repeat(256)])("echoes %s as it is", (echostr) => {
    expect(check(echostr)()).toBe(echostr);
  });

  it.each([undefined, "", "<script>", "a b", "1\r\n2", "é", "7".repeat(257)])(
    "does not echo %j",
    (echostr) => {
      expect(refusalOf(check(echostr))).toBe("bad_body");
    },
  );

  it("does not echo one of several", () => {
    expect(refusalOf(check(["1", "2"]))).toBe("bad_signature");
  });
});
