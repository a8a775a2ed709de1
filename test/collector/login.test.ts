import { expect, test } from "vitest";
import { LoginFailed } from "../../src/collector/ports.ts";
import { PushCliError } from "../../src/errors.ts";
import { LIFE_MS, post, startWorld } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";

test("a login code gives a token that reports are taken with", async () => {
  const codes: string[] = [];
  const login = async (code: string) => {
    codes.push(code);
    return USER;
  };
  const world = await startWorld({ platform: { login } });
  const { status, json } = await world.ask("/login", post({ code: "code-1" }));
  expect([status, json.expiresInMs, codes]).toEqual([200, LIFE_MS, ["code-1"]]);
  const report = await world.ask("/codes", post({ codes: [{ formId: "f" }] }, `Bearer ${json.token}`));
  expect(report.json.taken).toBe(1);
  expect([...world.books.pools.keys()]).toEqual([USER]);
  expect(JSON.stringify(world.log)).not.toContain(json.token);
  expect(JSON.stringify(world.log)).not.toContain("code-1");

  world.clock.skewMs = LIFE_MS + 1000;
  const late = await world.ask("/codes", post({ codes: [] }, `Bearer ${json.token}`));
  expect(late.status).toBe(401);
});

test.each([
  ["refused", new LoginFailed("refused", "invalid code", 40029), 401, "login_refused", null],
  ["busy", new LoginFailed("busy", "system busy", -1), 503, "platform_busy", "5"],
  ["unreachable", new PushCliError("api", "can't connect"), 503, "platform_busy", "5"],
  [
    "misconfigured",
    new LoginFailed("misconfigured", "invalid appid", 40013),
    503,
    "login_misconfigured",
    null,
  ],
])("a platform that is %s", async (_name, error, status, code, retryAfter) => {
  const world = await startWorld({ platform: { login: () => Promise.reject(error) } });
  const answer = await world.ask("/login", post({ code: "code-1" }));
  expect([answer.status, answer.json.error.code]).toEqual([status, code]);
  expect(answer.headers.get("retry-after")).toBe(retryAfter);
});

test("a platform that never answers is busy, and only so many logins wait for it", async () => {
  const limits = { loginMs: 2000, logins: 2 };
  const world = await startWorld({ platform: { login: () => new Promise(() => undefined) }, limits });
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => world.ask("/login", post({ code: "code-1" }))),
  );
  expect(answers.map(({ status, json }) => `${status} ${json.error.code}`)).toEqual(
    Array(4).fill("503 platform_busy"),
  );
  expect(answers.map(({ headers }) => headers.get("retry-after")).sort()).toEqual(["1", "1", "5", "5"]);
});

test.each([[{}], [{ code: 5 }], [{ code: "" }], [{ code: "a b" }], [{ code: "x".repeat(513) }], [[]]])(
  "%j is no login",
  async (body) => {
    let asked = 0;
    const login = async () => `o${++asked}`;
    const world = await startWorld({ platform: { login } });
    const { status, json } = await world.ask("/login", post(body));
    expect([status, json.error.code, asked]).toEqual([400, "bad_request", 0]);
  },
);
