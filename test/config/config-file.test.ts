import { chmodSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadSettings } from "../../src/config/settings.ts";
import { cwd, failure, here, home, load, useFolder, users, write } from "./folder.ts";

useFolder();

describe("the user's file", () => {
  it("lies under the project's, key by key", async () => {
    write(here, { redisUrl: "redis://project", keyPrefix: "p:" });
    write(users, { redisUrl: "redis://user", appid: "wxuser", tokenMode: "basic" });
    const settings = await load({}, { ...home(), PUSH_CLI_TOKEN_MODE: "stable" });
    expect(settings).toMatchObject({
      redisUrl: "redis://project",
      keyPrefix: "p:",
      appid: "wxuser",
      tokenMode: "stable",
      sources: { redisUrl: "file", appid: "file", tokenMode: "env" },
      configFiles: { read: [here, users], places: [here, users] },
    });
  });

  it("is not read beside one that --config or PUSH_CLI_CONFIG names", async () => {
    write(here, { keyPrefix: "project:" });
    write(users, { appid: "wxuser" });
    write(join(cwd, "only.json"), { redisUrl: "redis://only" });
    for (const settings of [
      await load({ config: "only.json" }, home()),
      await load({}, { ...home(), PUSH_CLI_CONFIG: "only.json" }),
    ]) {
      expect(settings).toMatchObject({ redisUrl: "redis://only", keyPrefix: "mina:" });
      expect(settings.appid).toBeUndefined();
      expect(settings.configFiles.read).toEqual([join(cwd, "only.json")]);
    }
  });

  it("is read once when it is the project's too", async () => {
    const folder = join(cwd, "push-cli");
    write(join(folder, "push-cli.config.json"), { appid: 7 });
    const io = { cwd: folder, env: { XDG_CONFIG_HOME: cwd } };
    await expect(loadSettings({}, io)).rejects.toMatchObject({ kind: "config", details: [] });
  });

  it("that can't be read is an error even beside a good one; the hint names the way around it", async () => {
    write(here, { appid: "wx1" });
    write(join(users, "folder"), "");
    expect(await failure({}, home())).toMatchObject({
      kind: "config",
      message: `configuration: cannot read "${users}": is a directory`,
      hint: expect.stringContaining("--config <file>"),
    });
    expect((await load({ config: here }, home())).appid).toBe("wx1");
  });
});

describe("a profile in two files", () => {
  it("is merged key by key, and lies over both top levels", async () => {
    write(here, {
      redisUrl: "redis://project-top",
      keyPrefix: "project-top:",
      poolPrefix: "project-top:",
      profiles: { prod: { redisUrl: "redis://project-prod" } },
    });
    write(users, {
      appid: "wxusertop",
      apiBase: "https://user-top",
      profiles: { prod: { redisUrl: "redis://user-prod", keyPrefix: "user-prod:", appid: "wxprod" } },
    });
    expect(await load({ profile: "prod" }, home())).toMatchObject({
      redisUrl: "redis://project-prod",
      keyPrefix: "user-prod:",
      poolPrefix: "project-top:",
      appid: "wxprod",
      apiBase: "https://user-top",
    });
    expect(await load({}, home())).toMatchObject({ redisUrl: "redis://project-top", appid: "wxusertop" });
  });

  it.each([
    ["project's", () => here],
    ["user's", () => users],
  ])("may be the %s alone", async (_, path) => {
    write(here, {});
    write(users, {});
    write(path(), { profiles: { prod: { appid: "wxprod" } } });
    expect((await load({ profile: "prod" }, home())).appid).toBe("wxprod");
  });

  it("is looked for in both when it is misspelt", async () => {
    write(here, { profiles: { staging: {}, local: {} } });
    write(users, { profiles: { production: {}, local: {} } });
    expect((await failure({ profile: "prodution" }, home())).hint).toBe(
      'did you mean "production"? available profiles: staging, local, production',
    );
    write(here, {});
    write(users, {});
    expect((await failure({ profile: "prod" }, home())).hint).toBe(
      `no profiles are defined in "${here}" and "${users}"`,
    );
  });

  it("is warned of when a variable overrules either of its parts", async () => {
    write(here, { profiles: { prod: { redisUrl: "redis://prod" } } });
    write(users, { profiles: { prod: { appsecretFile: "f" } } });
    const env = {
      ...home(),
      PUSH_CLI_REDIS_URL: "redis://x",
      PUSH_CLI_APPSECRET: "s",
      PUSH_CLI_APPID: "wx1",
    };
    expect((await load({ profile: "prod" }, env)).warnings).toEqual([
      'PUSH_CLI_REDIS_URL is used instead of "redisUrl" of the profile "prod"',
      'PUSH_CLI_APPSECRET is used instead of "appsecret" of the profile "prod"',
    ]);
  });
});

describe("secrets and paths", () => {
  it("of each file begin at its folder", async () => {
    write(here, { redisUrl: "rediss://h", redisCa: "certs/none.pem" });
    write(users, { appsecretFile: "secret" });
    write(join(dirname(users), "secret"), "s3cret\n");
    expect((await failure({}, home())).message).toBe(
      `"redisCa" in "${here}": cannot read "${join(cwd, "certs", "none.pem")}": no such file`,
    );
    expect((await load({ redisUrl: "redis://h" }, home())).appsecret).toBe("s3cret");
  });

  it.each<[string, object, object, string]>([
    [
      "of the project goes before the user's file",
      { appsecret: "project" },
      { appsecretFile: "f" },
      "project",
    ],
    [
      "file of the project goes before the user's",
      { appsecretFile: "f" },
      { appsecret: "user" },
      "from-here",
    ],
    [
      "file of the user's profile goes before the project's top level",
      { appsecret: "project" },
      { profiles: { a: { appsecretFile: "f" } } },
      "from-user",
    ],
    [
      "of the project's profile goes before the file of the user's",
      { profiles: { a: { appsecret: "own" } } },
      { profiles: { a: { appsecretFile: "f" } } },
      "own",
    ],
  ])("a secret %s", async (_, project, user, expected) => {
    write(here, { profiles: { a: {} }, ...project });
    write(users, user);
    write(join(cwd, "f"), "from-here");
    write(join(dirname(users), "f"), "from-user");
    expect((await load({ profile: "a" }, home())).appsecret).toBe(expected);
  });

  it("that others may read are warned of, file by file", async () => {
    const warning = (path: string) =>
      `"${path}" contains a secret and is readable by others; run: chmod 600 "${path}"`;
    write(here, { appid: "wx1" }, 0o644);
    write(users, { profiles: { a: { appsecret: "s3cret" } } }, 0o640);
    expect((await load({}, home())).warnings).toEqual([warning(users)]);
    write(here, { appsecret: "s3cret" }, 0o644);
    expect((await load({}, home())).warnings).toEqual([warning(here), warning(users)]);
    // Whoever has the address of a webhook can post to it.
    write(here, { notifyUrl: "https://h/hook" }, 0o644);
    expect((await load({}, home())).warnings).toEqual([warning(here), warning(users)]);
    chmodSync(here, 0o600);
    chmodSync(users, 0o600);
    expect((await load({}, home())).warnings).toEqual([]);
  });
});

/** As a user whom permissions bind: root may read everything. */
async function asOther<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe("a folder that may not be entered", () => {
  it("is passed over with a warning: it is where cron or sudo happened to start the program", async () => {
    write(here, { keyPrefix: "p:" });
    chmodSync(cwd, 0);
    const settings = await asOther(() => load({}, home()));
    chmodSync(cwd, 0o700);
    expect(settings.keyPrefix).toBe("mina:");
    expect(settings.warnings).toEqual(
      [here, users].map((path) => `cannot look for "${path}": permission denied`),
    );
  });

  it("is an error when a file in it was asked for", async () => {
    write(here, { keyPrefix: "p:" });
    chmodSync(cwd, 0);
    const error = await asOther(() => failure({ config: here }));
    chmodSync(cwd, 0o700);
    expect(error).toMatchObject({
      kind: "usage",
      message: `--config: cannot read "${here}": permission denied`,
    });
  });

  it("is told from a file that is seen and may not be read: its settings would be missed", async () => {
    write(here, { keyPrefix: "p:" }, 0);
    chmodSync(cwd, 0o755);
    const error = await asOther(() => failure());
    expect(error).toMatchObject({ kind: "config", message: expect.stringContaining("permission denied") });
  });
});
