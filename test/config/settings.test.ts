import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SettingFlags } from "../../src/config/settings.ts";
import { cwd, failure, here, load, useFolder, write } from "./folder.ts";

useFolder();

describe("layers", () => {
  it("give defaults when nothing is set", async () => {
    expect(await load()).toEqual({
      redisUrl: "redis://127.0.0.1:6379",
      channel: "wechat-template",
      apiBase: "https://api.weixin.qq.com",
      apiTimeoutMs: 10_000,
      keyPrefix: "mina:",
      poolPrefix: "mina:openid:",
      poolSuffix: "",
      poolKeys: "plain",
      tokenMode: "stable",
      sources: {
        channel: "default",
        consentCap: "default",
        consentMaxAge: "default",
        redisUrl: "default",
        redisCa: "default",
        redisCert: "default",
        redisKey: "default",
        redisServername: "default",
        redisTimeout: "default",
        apiTimeout: "default",
        apiBase: "default",
        apiCa: "default",
        proxy: "default",
        appid: "default",
        appsecret: "default",
        alipayPrivateKey: "default",
        alipayPublicKey: "default",
        alipayAppCert: "default",
        alipayCert: "default",
        alipayRootCert: "default",
        collectorSecret: "default",
        callbackToken: "default",
        callbackAesKey: "default",
        callbackAesKeyPrevious: "default",
        keyPrefix: "default",
        poolPrefix: "default",
        poolKey: "default",
        poolKeys: "default",
        tokenMode: "default",
        tokenStore: "default",
        auditLog: "default",
        notifyUrl: "default",
        notifyFormat: "default",
        notifySecret: "default",
        purgePingUrl: "default",
        profile: "default",
      },
      collectorSecrets: {},
      configFiles: { read: [], places: [here] },
      production: false,
      credential: "appsecret",
      warnings: [],
    });
  });

  it("are flags over environment over file over defaults, setting by setting", async () => {
    write(here, { redisUrl: "redis://file", keyPrefix: "file:", appid: "wxfile", tokenMode: "basic" });
    const env = { PUSH_CLI_REDIS_URL: "redis://env", PUSH_CLI_KEY_PREFIX: "env:" };
    const settings = await load({ redisUrl: "redis://flag" }, env);
    expect(settings).toMatchObject({
      redisUrl: "redis://flag",
      keyPrefix: "env:",
      poolPrefix: "env:openid:",
      appid: "wxfile",
      tokenMode: "basic",
      apiBase: "https://api.weixin.qq.com",
    });
    expect(settings.sources).toMatchObject({
      redisUrl: "flag",
      keyPrefix: "env",
      appid: "file",
      tokenMode: "file",
      apiBase: "default",
    });
  });

  it("take every flag", async () => {
    const flags = {
      redisUrl: "/run/redis.sock",
      apiBase: "http://127.0.0.1:1",
      keyPrefix: "k:",
      poolPrefix: "p:",
      poolSuffix: "",
      poolKeys: "java",
      tokenMode: "basic",
    };
    expect(await load(flags)).toMatchObject(flags);
  });

  it("take every variable", async () => {
    write(join(cwd, "other.json"), { profiles: { a: { keyPrefix: "no:" } } });
    const env = {
      PUSH_CLI_REDIS_URL: "rediss://h",
      PUSH_CLI_API_BASE: "https://h/x/",
      PUSH_CLI_PROXY: "proxy:3128",
      PUSH_CLI_APPID: "wx1",
      PUSH_CLI_APPSECRET: "s3cret",
      PUSH_CLI_ALIPAY_PRIVATE_KEY: "k".repeat(64),
      PUSH_CLI_ALIPAY_PUBLIC_KEY: "p".repeat(64),
      PUSH_CLI_ALIPAY_APP_CERT: "/app.crt",
      PUSH_CLI_ALIPAY_CERT: "/alipay.crt",
      PUSH_CLI_ALIPAY_ROOT_CERT: "/root.crt",
      PUSH_CLI_COLLECTOR_SECRET: "s".repeat(32),
      PUSH_CLI_CALLBACK_TOKEN: "token1",
      PUSH_CLI_CALLBACK_AES_KEY: "k".repeat(43),
      PUSH_CLI_CALLBACK_AES_KEY_PREVIOUS: "p".repeat(43),
      PUSH_CLI_KEY_PREFIX: "k:",
      PUSH_CLI_POOL_PREFIX: "p:",
      PUSH_CLI_POOL_KEYS: "java",
      PUSH_CLI_CHANNEL: "wechat-subscribe",
      PUSH_CLI_CONSENT_CAP: "20",
      PUSH_CLI_CONSENT_MAX_AGE: "180d",
      PUSH_CLI_TOKEN_MODE: "basic",
      PUSH_CLI_TOKEN_STORE: "wxjava=wx",
      PUSH_CLI_AUDIT_LOG: "/var/log/a.ndjson",
      PUSH_CLI_NOTIFY_URL: "https://h/hook",
      PUSH_CLI_NOTIFY_FORMAT: "slack",
      PUSH_CLI_NOTIFY_SECRET: "n0tify",
      PUSH_CLI_PURGE_PING_URL: "https://h/ping",
      PUSH_CLI_PROFILE: "a",
      PUSH_CLI_CONFIG: "other.json",
      PUSH_CLI_REDIS_TIMEOUT: "2m",
      PUSH_CLI_API_TIMEOUT: "2.5s",
    };
    const { sources, ...settings } = await load({}, env);
    expect(settings).toEqual({
      redisUrl: "rediss://h",
      redisTimeoutMs: 120_000,
      apiBase: "https://h/x",
      apiTimeoutMs: 2500,
      proxy: "proxy:3128",
      appid: "wx1",
      appsecret: "s3cret",
      alipayPrivateKey: "k".repeat(64),
      alipayPublicKey: "p".repeat(64),
      alipayAppCert: "/app.crt",
      alipayCert: "/alipay.crt",
      alipayRootCert: "/root.crt",
      keyPrefix: "k:",
      poolPrefix: "p:",
      poolSuffix: "",
      poolKeys: "java",
      channel: "wechat-subscribe",
      consentCap: 20,
      consentMaxAgeMs: 180 * 86_400_000,
      tokenMode: "basic",
      tokenStore: { keeper: "wxjava", argument: "wx" },
      auditLog: "/var/log/a.ndjson",
      notifyUrl: "https://h/hook",
      notifyFormat: "slack",
      notifySecret: "n0tify",
      purgePingUrl: "https://h/ping",
      profile: "a",
      production: false,
      credential: "appsecret",
      collectorSecrets: {
        collectorSecret: { from: "PUSH_CLI_COLLECTOR_SECRET", value: "s".repeat(32) },
        callbackToken: { from: "PUSH_CLI_CALLBACK_TOKEN", value: "token1" },
        callbackAesKey: { from: "PUSH_CLI_CALLBACK_AES_KEY", value: "k".repeat(43) },
        callbackAesKeyPrevious: { from: "PUSH_CLI_CALLBACK_AES_KEY_PREVIOUS", value: "p".repeat(43) },
      },
      configFiles: { read: [join(cwd, "other.json")], places: [here] },
      warnings: [],
    });
    const { redisCa, redisCert, redisKey, redisServername, apiCa, poolKey, ...rest } = sources;
    const unset = [redisCa, redisCert, redisKey, redisServername, apiCa, poolKey];
    expect(unset).toEqual(Array(6).fill("default"));
    expect(new Set(Object.values(rest))).toEqual(new Set(["env"]));
  });

  it("take an empty variable for an absent one, and no white space around a value", async () => {
    write(here, { appid: "wxfile" });
    const settings = await load(
      {},
      { PUSH_CLI_APPID: "", PUSH_CLI_REDIS_URL: " ", PUSH_CLI_APPSECRET: "s3cret\n" },
    );
    expect(settings).toMatchObject({
      appid: "wxfile",
      redisUrl: "redis://127.0.0.1:6379",
      appsecret: "s3cret",
    });
    expect(settings.sources.redisUrl).toBe("default");
  });

  it.each(["'", '"'])("warn of appid and secret in %s, which a docker --env-file keeps", async (quote) => {
    const env = { PUSH_CLI_APPID: `${quote}wx1${quote}`, PUSH_CLI_APPSECRET: `${quote}s3cret${quote}` };
    const { warnings } = await load({}, env);
    expect(warnings).toEqual([
      expect.stringMatching(/^PUSH_CLI_APPID begins and ends with a quote, which docker --env-file keeps; /),
      expect.stringMatching(/^PUSH_CLI_APPSECRET begins and ends with a quote/),
    ]);
    expect(warnings.join()).not.toContain("s3cret");
  });

  it("keep an explicit pool prefix whatever the key prefix", async () => {
    expect((await load({ keyPrefix: "a:", poolPrefix: "b:" })).poolPrefix).toBe("b:");
  });
});

describe("the file", () => {
  it("is looked for here, then in XDG_CONFIG_HOME, then in ~/.config", async () => {
    const xdg = join(cwd, "xdg");
    const env = { XDG_CONFIG_HOME: xdg, HOME: join(cwd, "home") };
    const home = join(cwd, "home", ".config", "push-cli", "push-cli.config.json");
    write(home, { appid: "home" });
    expect((await load({}, { HOME: env.HOME })).appid).toBe("home");
    expect((await load({}, { HOME: env.HOME, XDG_CONFIG_HOME: "relative" })).appid).toBe("home");
    expect((await load({}, env)).appid).toBeUndefined();
    write(join(xdg, "push-cli", "push-cli.config.json"), { appid: "xdg" });
    expect((await load({}, env)).appid).toBe("xdg");
    write(here, { appid: "here" });
    expect((await load({}, env)).appid).toBe("here");
  });

  it("is the one that --config or PUSH_CLI_CONFIG names", async () => {
    write(here, { appid: "here" });
    write(join(cwd, "a.json"), { appid: "a" });
    write(join(cwd, "b.json"), { appid: "b" });
    expect((await load({}, { PUSH_CLI_CONFIG: "b.json" })).appid).toBe("b");
    expect((await load({ config: join(cwd, "a.json") }, { PUSH_CLI_CONFIG: "b.json" })).appid).toBe("a");
  });

  it("must be there when it is named", async () => {
    expect(await failure({ config: "none.json" })).toMatchObject({
      kind: "usage",
      message: `--config: cannot read "${join(cwd, "none.json")}": no such file`,
    });
    expect(await failure({}, { PUSH_CLI_CONFIG: "none.json" })).toMatchObject({
      kind: "config",
      message: `PUSH_CLI_CONFIG: cannot read "${join(cwd, "none.json")}": no such file`,
    });
  });

  it("can't be a directory", async () => {
    mkdirSync(here);
    expect(await failure()).toMatchObject({
      kind: "config",
      message: `configuration: cannot read "${here}": is a directory`,
    });
  });

  it("may start with a byte order mark", async () => {
    write(here, '\ufeff{"appid":"wx1"}');
    expect((await load()).appid).toBe("wx1");
  });
});

describe("profiles", () => {
  const profiles = {
    staging: { redisUrl: "redis://staging", appid: "wxstaging" },
    prod: { redisUrl: "redis://prod", keyPrefix: "prod:" },
  };

  it("lie over the top level of the file", async () => {
    write(here, { redisUrl: "redis://top", keyPrefix: "top:", profiles });
    expect(await load({ profile: "staging" })).toMatchObject({
      redisUrl: "redis://staging",
      appid: "wxstaging",
      keyPrefix: "top:",
      profile: "staging",
    });
    expect((await load()).redisUrl).toBe("redis://top");
    expect((await load({ profile: "prod" }, { PUSH_CLI_PROFILE: "staging" })).redisUrl).toBe("redis://prod");
  });

  it("are listed when there is none of that name", async () => {
    write(here, { profiles });
    expect(await failure({ profile: "stagin" })).toMatchObject({
      kind: "usage",
      message: '--profile: unknown profile "stagin"',
      hint: 'did you mean "staging"? available profiles: staging, prod',
    });
    expect(await failure({}, { PUSH_CLI_PROFILE: "toString" })).toMatchObject({
      kind: "config",
      message: 'PUSH_CLI_PROFILE: unknown profile "toString"',
      hint: "available profiles: staging, prod",
    });
  });

  it("need a file, which the hint places", async () => {
    expect(await failure({ profile: "a" })).toMatchObject({
      kind: "usage",
      hint: `profiles are defined in a configuration file: ${here}`,
    });
    write(here, {});
    expect((await failure({ profile: "a" })).hint).toBe(`no profiles are defined in "${here}"`);
  });

  it("that a variable overrules are warned of, if asked for by flag", async () => {
    write(here, { profiles });
    const env = { PUSH_CLI_REDIS_URL: "redis://prod", PUSH_CLI_TOKEN_MODE: "basic" };
    const warning = 'PUSH_CLI_REDIS_URL is used instead of "redisUrl" of the profile "staging"';
    expect((await load({ profile: "staging" }, env)).warnings).toEqual([warning]);
    expect((await load({ profile: "staging", redisUrl: "redis://x" }, env)).warnings).toEqual([]);
    expect((await load({}, { ...env, PUSH_CLI_PROFILE: "staging" })).warnings).toEqual([]);
  });
});

describe("values", () => {
  it.each([
    "redis://127.0.0.1:6379",
    "redis://user:p%40ss@host:6380/15",
    "rediss://[::1]:6379",
    "redis://host?family=6",
    "unix:///run/redis.sock",
    "unix:/run/redis.sock?db=2",
    "/run/redis.sock",
    "/run/redis.sock?db=2",
    "unix://user:pw@/run/redis.sock",
    "redis+sentinel://:pw@a:26379,b:26379/mymaster",
    "redis+sentinel://a/mymaster/3?sentinelPassword=pw",
    "rediss+cluster://a:7000,b:7001",
    "redis+cluster://u:pw@[::1]:7000/",
  ])("%s is a Redis URL", async (redisUrl) => expect((await load({ redisUrl })).redisUrl).toBe(redisUrl));

  it.each([
    ["", ""],
    ["127.0.0.1:6379", "127.0.0.1:6379"],
    ["localhost:6379", "localhost:6379"],
    ["http://127.0.0.1", "http://127.0.0.1"],
    ["redis://", "redis://"],
    ["redis:///0", "redis:///0"],
    ["redis://h:99999", "redis://h:99999"],
    ["redis://h/zero", "redis://h/zero"],
    ["redis://h 1", "redis://h 1"],
    ["redis+sentinel://", "redis+sentinel://"],
    ["redis+sentinel://a,b", "redis+sentinel://a,b"],
    ["redis+cluster://a/3", "redis+cluster://a/3"],
    ["redis+cluster://:s3/cret@a", "redis+cluster://:***@a"],
    ["//run/redis.sock", "//run/redis.sock"],
    ["run/redis.sock", "run/redis.sock"],
    ["redis://:s3#cret@h", "redis://:***@h"],
    ["redis://u:s3/cret@h:1", "redis://u:***@h:1"],
  ])("%j is not, and the message hides its password", async (redisUrl, shown) => {
    expect(await failure({ redisUrl })).toMatchObject({
      kind: "usage",
      message: `--redis-url: "${shown}" is not a Redis URL`,
      hint: expect.stringContaining("redis://127.0.0.1:6379"),
    });
  });

  it.each([
    ["https://api.weixin.qq.com/", "https://api.weixin.qq.com"],
    ["http://127.0.0.1:8080/a/b//", "http://127.0.0.1:8080/a/b"],
  ])("%s as API base is %s", async (apiBase, used) => expect((await load({ apiBase })).apiBase).toBe(used));

  it.each([
    "api.weixin.qq.com",
    "ftp://h",
    "https://h?a=1",
    "https://h?",
    "https://h#a",
    "https://",
    "https://h /",
  ])("%s is no API base", async (apiBase) => {
    expect(await failure({}, { PUSH_CLI_API_BASE: apiBase })).toMatchObject({
      kind: "config",
      message: `PUSH_CLI_API_BASE: "${apiBase}" is not an http or https URL without user, query or fragment`,
    });
  });

  it("an API base with a password is refused without showing it", async () => {
    expect((await failure({ apiBase: "https://u:s3cret@h" })).message).toContain('"https://u:***@h"');
  });

  it.each<[SettingFlags, string]>([
    [{ keyPrefix: "" }, '--key-prefix: "" is empty'],
    [{ poolPrefix: "a b" }, '--pool-prefix: "a b" is empty or contains spaces'],
    [{ tokenMode: "Stable" }, '--token-mode: "Stable" is not a token mode'],
    [{ tokenStore: "WxJava" }, '--token-store: "WxJava" is not a token store'],
    [{ tokenStore: "constructor" }, '--token-store: "constructor" is not a token store'],
    [{ tokenStore: "powerwechat=x" }, "is not a token store: powerwechat takes no prefix"],
    [{ tokenStore: "key" }, '--token-store: "key" does not name a key'],
    [{ tokenStore: "key=" }, "needs a key after =, without spaces"],
    [{ tokenStore: "wechatpy=a b" }, "needs a prefix after =, without spaces"],
  ])("%j is a usage error", async (flags, message) => {
    const error = await failure(flags);
    expect(error.kind).toBe("usage");
    expect(error.message).toContain(message);
  });

  it("that can't be used are told all at once", async () => {
    const env = {
      PUSH_CLI_REDIS_URL: "http://:s3cret@h",
      PUSH_CLI_TOKEN_MODE: "fast",
      PUSH_CLI_APPSECRET: "s3 cret",
    };
    const error = await failure({}, env);
    expect(error).toMatchObject({
      kind: "config",
      message: "3 settings are invalid",
      hint: "fix them and run again",
    });
    expect(error.details).toEqual([
      expect.stringMatching(/^PUSH_CLI_REDIS_URL: "http:\/\/:\*\*\*@h" is not a Redis URL; such as redis:/),
      "PUSH_CLI_APPSECRET is empty or contains spaces; the appsecret is a single word without spaces",
      expect.stringMatching(/^PUSH_CLI_TOKEN_MODE: "fast" is not a token mode; use stable /),
    ]);
    expect((await failure({ keyPrefix: "" }, env)).kind).toBe("usage");
    expect((await failure({ redisUrl: "redis://h", tokenMode: "basic" }, env)).details).toEqual([]);
  });

  it("a pool prefix that matches push-cli's own keys is warned of", async () => {
    expect((await load({ poolPrefix: "mina:" })).warnings).toEqual([
      'the pool prefix "mina:" also matches push-cli\'s own keys, which start with "mina:"',
    ]);
  });
});

describe("the secret", () => {
  it("comes from a file beside the configuration, without the line end", async () => {
    write(join(cwd, "etc", "c.json"), { appsecretFile: "keys/secret" });
    write(join(cwd, "etc", "keys", "secret"), "s3cret\r\n");
    const settings = await load({ config: "etc/c.json" });
    expect(settings.appsecret).toBe("s3cret");
    expect(settings.sources.appsecret).toBe("file");
  });

  it("comes from the file that PUSH_CLI_APPSECRET_FILE names, over the configuration", async () => {
    write(here, { appsecret: "other", appsecretFile: undefined });
    write(join(cwd, "secret"), "s3cret\n");
    expect(await load({}, { PUSH_CLI_APPSECRET_FILE: "secret" })).toMatchObject({
      appsecret: "s3cret",
      sources: { appsecret: "env" },
    });
  });

  it("of a profile goes before that of the top level, in either form", async () => {
    write(join(cwd, "f"), "from-file");
    write(here, { appsecret: "top", profiles: { a: { appsecretFile: "f" } } });
    expect((await load({ profile: "a" })).appsecret).toBe("from-file");
    write(here, { appsecretFile: "f", profiles: { a: { appsecret: "own" } } });
    expect((await load({ profile: "a" })).appsecret).toBe("own");
  });

  it("file is not read when the environment has the secret", async () => {
    write(here, { appsecretFile: "none" });
    expect((await load({}, { PUSH_CLI_APPSECRET: "s3cret" })).appsecret).toBe("s3cret");
  });

  it("file that can't be read, or holds no secret, is a config error", async () => {
    write(here, { appsecretFile: "none" });
    expect(await failure()).toMatchObject({
      kind: "config",
      message: `"appsecretFile" in "${here}": cannot read "${join(cwd, "none")}": no such file`,
    });
    for (const content of ["", "\n", "two s3cret words"]) {
      write(join(cwd, "none"), content);
      expect((await failure()).message).toBe(
        `the secret in "${join(cwd, "none")}" is empty or contains spaces`,
      );
    }
    expect((await failure({}, { PUSH_CLI_APPSECRET_FILE: "/" })).message).toBe(
      'PUSH_CLI_APPSECRET_FILE: cannot read "/": is a directory',
    );
  });

  it("can't be given twice by the environment", async () => {
    expect(await failure({}, { PUSH_CLI_APPSECRET: "s3cret", PUSH_CLI_APPSECRET_FILE: "f" })).toMatchObject({
      kind: "config",
      message: "PUSH_CLI_APPSECRET and PUSH_CLI_APPSECRET_FILE are both set",
    });
  });

  it("in a file that others may read is warned of", async () => {
    const warning = `"${here}" contains a secret and is readable by others; run: chmod 600 "${here}"`;
    write(here, { appsecret: "s3cret" }, 0o640);
    expect((await load()).warnings).toEqual([warning]);
    write(here, { profiles: { a: { appsecret: "s3cret" } } }, 0o604);
    expect((await load({ profile: "a" })).warnings).toEqual([warning]);
    write(here, { appsecret: "s3cret" }, 0o600);
    expect((await load()).warnings).toEqual([]);
    write(here, { appid: "wx1" }, 0o644);
    expect((await load()).warnings).toEqual([]);
  });
});
