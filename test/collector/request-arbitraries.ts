import { METHODS } from "node:http";
import fc from "fast-check";
import { hashOf } from "./test-reader.ts";

/** A request as its bytes, so that nothing puts it right on its way. */
export interface RandomRequest {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  body: Buffer;
}

const word = fc.string({ maxLength: 12 });
const odd = fc.oneof(fc.anything({ maxDepth: 2 }), fc.constantFrom(null, -1, 0, 1e300, 604_800, "", "1"));
const formId = fc.oneof(
  word,
  odd,
  fc.constantFrom("the formId is a mock one", "requestFormId:fail", "form-1"),
);

const code = fc.record({ formId, ageMs: odd, expire: odd }, { requiredKeys: [] });
const codes = fc.oneof(
  fc.array(fc.oneof(code, odd), { maxLength: 5 }),
  fc.array(fc.constant({ formId: "form-1" }), { minLength: 99, maxLength: 102 }),
  odd,
);
const codeReport = fc.record(
  { codes, formIds: fc.oneof(codes, codes.map(toJson), word), openId: fc.oneof(fc.constant("oUser1"), odd) },
  { requiredKeys: [] },
);
/** Nothing is wrong with it but that its user may be another one than that of the session. */
const goodReport = fc.record({
  codes: fc.array(fc.record({ formId: fc.constantFrom("form-1", "form-2") }), { minLength: 1, maxLength: 5 }),
  openId: fc.constantFrom("oUser1", "oUser2", "oUser3"),
});
const status = fc.oneof(fc.constantFrom("accept", "reject", "acceptWithAlert"), odd);
const consentReport = fc.record(
  { templates: fc.oneof(fc.dictionary(word, status, { maxKeys: 22 }), odd), report: odd, ageMs: odd },
  { requiredKeys: [] },
);
const login = fc.record({ code: fc.oneof(word, odd) }, { requiredKeys: [] });

const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.oneof(codeReport, consentReport, login).map((value) => Buffer.from(toJson(value))),
  },
  { weight: 2, arbitrary: goodReport.map((value) => Buffer.from(toJson(value))) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 8 }).map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.nat(40_000).map((levels) => Buffer.from("[".repeat(levels))) },
  { weight: 1, arbitrary: fc.constantFrom(65_536, 65_537, 200_000).map((size) => Buffer.alloc(size, 32)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("__proto__", "constructor", "prototype")
      .map((name) => Buffer.from(`{"codes":[{"${name}":{"x":1}}]}`)),
  },
);

const path = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("/codes", "/consents", "/login", "/callback", "/healthz") },
  { weight: 1, arbitrary: fc.webPath() },
  // What is no path, but has no end of a line and no blank.
  { weight: 1, arbitrary: fc.stringMatching(/^\/[!-~\xa1-\xff]{0,40}$/) },
);
const header = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      "content-encoding",
      "expect",
      "upgrade",
      "accept",
      "x-wx-openid",
      "cookie",
      "range",
      "origin",
    ),
    fc.stringMatching(/^[a-z-]{1,20}$/),
  ),
  fc.stringMatching(/^[ -~\xa1-\xff]{0,40}$/),
);
const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant("application/json") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("application/json; charset=utf-8", "text/xml", "text/plain", "*/*", ";"),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,30}$/) },
);

/** `tokens`: good ones, so that what is behind them is reached. */
export function randomRequest(tokens: string[]): fc.Arbitrary<RandomRequest> {
  const authorization = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...tokens).map((token) => `Bearer ${token}`) },
    { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,60}$/) },
    { weight: 1, arbitrary: fc.constantFrom(...tokens).map((token) => `Bearer ${token.slice(0, -3)}abc`) },
  );
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constant("POST") },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
    { weight: 1, arbitrary: fc.stringMatching(/^[A-Z]{1,8}$/) },
  );
  return fc
    .record({
      method,
      path,
      isSigned: fc.boolean(),
      body,
      contentType,
      authorization,
      more: fc.array(header, { maxLength: 3 }),
    })
    .map((one) => ({
      method: one.method,
      target: one.path === "/callback" && one.isSigned ? `/callback?signature=${hashOf(one.body)}` : one.path,
      headers: [["content-type", one.contentType], ["authorization", one.authorization], ...one.more],
      body: one.body,
    }));
}

/** Of anything: what JSON has no form for is left out. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, one) => (typeof one === "bigint" ? String(one) : one)) ?? "null";
}
