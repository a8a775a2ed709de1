import { expect, it } from "vitest";
import { here, load, useFolder, write } from "./folder.ts";

useFolder();

const tells = (flag: string, variable: string) =>
  `${flag} contains a password, and other users of this machine can read command lines; use ${variable} instead`;

it.each([
  ["redisUrl", "redis://u:hunter2@h", tells("--redis-url", "PUSH_CLI_REDIS_URL")],
  ["redisUrl", "redis+sentinel://h/m?sentinelPassword=hunter2", tells("--redis-url", "PUSH_CLI_REDIS_URL")],
  ["proxy", "http://u:hunter2@h:3128", tells("--proxy", "PUSH_CLI_PROXY")],
])("a password in %s on the command line is warned of: %s", async (key, url, warning) => {
  expect((await load({ [key]: url })).warnings).toEqual([warning]);
});

it.each(["redis://h", "redis+cluster://h:6379,h:6380", "redis://h?scan=all"])(
  "a URL without a password is nothing to warn of: %s",
  async (redisUrl) => expect((await load({ redisUrl })).warnings).toEqual([]),
);

it("nor is a password in the environment", async () =>
  expect((await load({}, { PUSH_CLI_REDIS_URL: "redis://:hunter2@h" })).warnings).toEqual([]));

it.each([{ redisUrl: "redis://:hunter2@h" }, { proxy: "http://u:hunter2@h:3128" }])(
  "a file with a password that others can read is warned of: %j",
  async (content) => {
    write(here, content, 0o644);
    expect((await load()).warnings).toEqual([
      expect.stringMatching(/contains a secret and is readable by others/),
    ]);
    write(here, content, 0o600);
    expect((await load()).warnings).toEqual([]);
  },
);
