import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSettings, type SettingFlags } from "../../src/config/settings.ts";
import type { PushCliError } from "../../src/errors.ts";
import { createAuthority } from "../helpers/certificates.ts";

const authority = createAuthority("CA");
const client = authority.issue({ name: "push-cli" });
const cwd = mkdtempSync(join(tmpdir(), "config-tls-"));
beforeAll(() => {
  writeFileSync(join(cwd, "ca.crt"), authority.cert);
  writeFileSync(join(cwd, "client.crt"), client.cert);
  writeFileSync(join(cwd, "client.key"), client.key);
  writeFileSync(join(cwd, "other.key"), createAuthority("other").key);
  writeFileSync(join(cwd, "notes.txt"), "nothing of use");
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const redisUrl = "rediss://h";
const load = (flags: SettingFlags, env: Record<string, string> = {}) => loadSettings(flags, { cwd, env });

it("are read from the folder they were given in", async () => {
  const env = { PUSH_CLI_REDIS_CERT: "client.crt", PUSH_CLI_REDIS_KEY: join(cwd, "client.key") };
  const settings = await load({ redisUrl, redisCa: "ca.crt", redisServername: "redis.internal" }, env);
  expect(settings.redisTls).toEqual({
    ca: authority.cert,
    cert: client.cert,
    key: client.key,
    servername: "redis.internal",
  });
});

it("are left alone for a URL without TLS, with a warning when just given", async () => {
  const { redisTls, warnings } = await load({ redisUrl: "redis://h", redisCa: "no-such-file" });
  expect(redisTls).toBeUndefined();
  expect(warnings).toEqual(["--redis-ca has no effect: the Redis URL does not use rediss://"]);
});

it.each<[SettingFlags, Record<string, string>, PushCliError["kind"], RegExp]>([
  [{ redisCa: "no.crt" }, {}, "usage", /^--redis-ca: cannot read ".*no\.crt": no such file$/],
  [
    {},
    { PUSH_CLI_REDIS_CA: "notes.txt" },
    "config",
    /^PUSH_CLI_REDIS_CA: ".*notes\.txt" contains no PEM certificate$/,
  ],
  [
    { redisCert: "client.crt", redisKey: "ca.crt" },
    {},
    "usage",
    /^--redis-key: .* contains no PEM private key$/,
  ],
  [{ redisCert: "client.crt" }, {}, "usage", /^--redis-cert is set without its counterpart$/],
  [{}, { PUSH_CLI_REDIS_KEY: "client.key" }, "config", /^PUSH_CLI_REDIS_KEY is set without its counterpart$/],
  [
    { redisCert: "client.crt", redisKey: "other.key" },
    {},
    "config",
    /^invalid TLS files for Redis: .*key values mismatch/,
  ],
  [{ redisServername: "a b" }, {}, "usage", /^--redis-servername: "a b" is empty or contains spaces$/],
])("%j %j are an error that says where", async (flags, env, kind, message) => {
  const error = await load({ redisUrl, ...flags }, env).then(
    () => expect.fail("loaded"),
    (reason) => reason,
  );
  expect(error).toMatchObject({ kind, message: expect.stringMatching(message), hint: expect.any(String) });
  expect(JSON.stringify([error.message, error.hint])).not.toContain("BEGIN");
});

describe("the CA of the API", () => {
  it("is read, and those of NODE_EXTRA_CA_CERTS with it", async () => {
    expect((await load({ apiCa: "ca.crt" })).apiCas).toEqual([authority.cert]);
    const extra = join(cwd, "client.crt");
    const settings = await load({}, { PUSH_CLI_API_CA: "ca.crt", NODE_EXTRA_CA_CERTS: extra });
    expect(settings.apiCas).toEqual([authority.cert, client.cert]);
    expect((await load({}, { NODE_EXTRA_CA_CERTS: extra })).apiCas).toBeUndefined();
  });

  it.each([
    ["no.crt", /^--api-ca: cannot read ".*no\.crt": no such file$/],
    ["notes.txt", /^--api-ca: ".*notes\.txt" contains no PEM certificate$/],
  ])("that can't be used is an error: %s", async (apiCa, message) => {
    await expect(load({ apiCa })).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringMatching(message),
    });
  });
});
