import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openSessions } from "../../src/collector/session.ts";
import { LIFE_MS, post, SECRET, signToken, startWorld } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";
const nowSec = () => Math.floor(Date.now() / 1000);
const OTHER_SECRET = new TextEncoder().encode("another secret, which also has 32 bytes");

const claims = () => ({ sub: USER, iat: nowSec(), exp: nowSec() + 3600 });
const signWith = (header: { alg: string; crit?: string[] }, payload: Record<string, unknown>) =>
  new SignJWT(payload).setProtectedHeader(header).sign(SECRET);

/** A good one with a part exchanged. */
async function forge(part: 0 | 1 | 2, text: string): Promise<string> {
  const parts = (await signToken(USER)).split(".");
  parts[part] = Buffer.from(text).toString("base64url");
  return parts.join(".");
}

const BAD: [name: string, make: () => string | Promise<string>][] = [
  ["nothing", () => ""],
  ["a token that is none", () => "Bearer abc"],
  ["another scheme", () => `Basic ${Buffer.from("a:b").toString("base64")}`],
  ["alg none", () => `Bearer ${new UnsecuredJWT(claims()).encode()}`],
  ["alg none with a signature", async () => `Bearer ${await forge(0, '{"alg":"none"}')}`],
  ["another alg", async () => `Bearer ${await signWith({ alg: "HS512" }, claims())}`],
  ["another alg named", async () => `Bearer ${await forge(0, '{"alg":"RS256"}')}`],
  ["another secret", async () => `Bearer ${await signToken(USER, {}, OTHER_SECRET)}`],
  ["another signature", async () => `Bearer ${await forge(2, "x".repeat(32))}`],
  [
    "another user put in",
    async () => `Bearer ${await forge(1, JSON.stringify({ ...claims(), sub: "oEvil" }))}`,
  ],
  ["expired", async () => `Bearer ${await signToken(USER, { iat: nowSec() - 7200, exp: nowSec() - 1 })}`],
  ["of the future", async () => `Bearer ${await signToken(USER, { iat: nowSec() + 120 })}`],
  ["a life of 32 days", async () => `Bearer ${await signToken(USER, { exp: nowSec() + 32 * 86_400 })}`],
  ["no exp", async () => `Bearer ${await signToken(USER, { exp: undefined })}`],
  ["no iat", async () => `Bearer ${await signToken(USER, { iat: undefined })}`],
  ["no sub", async () => `Bearer ${await signToken(USER, { sub: undefined })}`],
  ["a sub that is a number", async () => `Bearer ${await signToken(USER, { sub: 17 })}`],
  ["a sub with braces", async () => `Bearer ${await signToken("{oUser}")}`],
  ["a sub with a blank", async () => `Bearer ${await signToken("oUser 1")}`],
  ["a sub of 129 characters", async () => `Bearer ${await signToken("x".repeat(129))}`],
  ["an exp that is a text", async () => `Bearer ${await signToken(USER, { exp: "soon" })}`],
  ["too long", async () => `Bearer ${await signToken(USER, { more: "x".repeat(4000) })}`],
];

describe("401 with WWW-Authenticate, and nothing is written, for", () => {
  test.each(BAD)("%s", async (_name, make) => {
    const world = await startWorld();
    const authorization = await make();
    const request = post({ codes: [{ formId: "form-1" }] }, authorization);
    // Twice: what was refused must not be remembered as good.
    for (let i = 0; i < 2; i++) {
      const { status, headers, json } = await world.ask("/codes", request);
      expect(status).toBe(401);
      expect(headers.get("www-authenticate")).toBe("Bearer");
      expect(json.error.code).toBe("unauthorized");
    }
    expect(world.books.calls).toBe(0);
    const told = JSON.stringify(world.log);
    expect(told).toContain('"code":"unauthorized"');
    if (authorization.length > 20) expect(told).not.toContain(authorization.slice(-20));
  });
});

test("a token of the team's backend is good, its scheme in any case, a minute ahead, 31 days", async () => {
  const world = await startWorld();
  const life = { iat: nowSec() + 55, exp: nowSec() + 55 + 31 * 86_400 };
  const token = await signToken(USER, life);
  const { status } = await world.ask("/codes", post({ codes: [{ formId: "f" }] }, `bEARER ${token}`));
  expect(status).toBe(200);
});

test("a token that was verified before is not good beyond its exp", async () => {
  const world = await startWorld();
  const request = post({ codes: [] }, `Bearer ${await signToken(USER)}`);
  expect((await world.ask("/codes", request)).status).toBe(200);
  world.clock.skewMs = 3500_000;
  expect((await world.ask("/codes", request)).status).toBe(200);
  world.clock.skewMs = 3601_000;
  const { status, json } = await world.ask("/codes", request);
  expect([status, json.error.message]).toEqual([401, "the session token has expired"]);
});

test("more tokens than are remembered are all good, and each is its own user's", async () => {
  const sessions = await openSessions({ secret: SECRET, lifeMs: LIFE_MS }, systemClock);
  const tokens = await Promise.all(Array.from({ length: 10_050 }, (_, i) => sessions.sign(`oUser${i}`)));
  for (const [i, token] of tokens.entries()) expect(await sessions.verify(token)).toBe(`oUser${i}`);
  for (const i of [0, 49, 10_049]) expect(await sessions.verify(tokens[i]!)).toBe(`oUser${i}`);
});

test.each([
  ["a secret of 31 bytes", { secret: new Uint8Array(31), lifeMs: LIFE_MS }, "31 bytes"],
  ["a life of 32 days", { secret: SECRET, lifeMs: 32 * 86_400_000 }, "31 days"],
])("%s is no setting to start with", async (_name, session, told) => {
  await expect(startWorld({ session })).rejects.toMatchObject({
    kind: "config",
    message: expect.stringContaining(told),
  });
});
