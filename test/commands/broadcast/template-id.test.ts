import { beforeEach, expect, test } from "vitest";
import { dumpAll, giveUsers, useWorld } from "../../broadcast/world.ts";
import { cliEnv, runCli } from "../../helpers/cli.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld();
const WECHAT_ID = "4bG2hT7kQ_9wXc-ZpL0aVn3sYd8uRe6fJi1oMb5gKtE";
const PLATFORMS = [
  ["WeChat", "https://api.weixin.qq.com"],
  ["WeChat", "https://api2.weixin.qq.com/"],
  ["WeChat", "https://sh.api.weixin.qq.com"],
  ["QQ", "https://api.q.qq.com"],
] as const;

function envOf(platform: string, apiBase: string): Record<string, string> {
  const channel = platform === "QQ" ? "qq-template" : "wechat-template";
  return { PUSH_CLI_API_BASE: apiBase, PUSH_CLI_CHANNEL: channel, PUSH_CLI_POOL_PREFIX: "mina:openid:" };
}

test("the API of another channel is refused, with the channel's name", async () => {
  const result = await inPipe(world, [WECHAT_ID, "--dry-run", "--json"], {
    PUSH_CLI_API_BASE: "https://api.q.qq.com",
  });
  expect(result).toMatchObject({ code: 5, stdout: "" });
  expect(errorOf(result)).toMatchObject({
    message: "https://api.q.qq.com is the API of qq-template, and the channel is wechat-template",
    hint: "choose it with --channel qq-template",
  });
});

beforeEach(async () => {
  await giveUsers(world, 3);
});

test.each(PLATFORMS)("an id that can't be one of %s is refused at %s", async (platform, apiBase) => {
  const before = await dumpAll(world);
  const env = envOf(platform, apiBase);
  for (const more of [[], ["--keywords", "a"], ["--yes", "--no-keywords"]]) {
    // A dry run asks the API nothing, so that a fault of this check sends nothing there.
    const result = await inPipe(world, ["order-shipped", "--dry-run", "--json", ...more], env);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result)).toMatchObject({
      code: "usage",
      message: expect.stringContaining(`'order-shipped' can't be a template of ${platform}`),
      hint: expect.stringContaining("--any-template"),
    });
  }
  expect(await dumpAll(world)).toEqual(before);
});

test.each(["-y", "--dry-run"])("before Redis is asked anything: %s", async (flag) => {
  // Without a Redis there is no token either, so that nothing could be sent.
  const env = cliEnv("redis://127.0.0.1:9", "https://api.weixin.qq.com");
  for (const argv of [["order-shipped"], ["send", "cancel"]]) {
    const result = await runCli(["broadcast", ...argv, flag, "--no-keywords", "--json"], { env });
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result).message).toContain("can't be a template of WeChat");
  }
});

test.each(PLATFORMS)("--any-template passes it, with a warning (%s at %s)", async (platform, apiBase) => {
  const env = envOf(platform, apiBase);
  const argv = ["order-shipped", "--dry-run", "--any-template"];
  const { code, stdout } = await atTerminal(world, argv, "", env);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^warning +'order-shipped' can't be a template of ${platform}`, "m"));
});

test.each(PLATFORMS)("a likely one passes without a warning (%s at %s)", async (platform, apiBase) => {
  const env = envOf(platform, apiBase);
  const { code, stdout } = await atTerminal(world, [WECHAT_ID, "--dry-run", "--keywords", "a"], "", env);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^template +${WECHAT_ID}$`, "m"));
  expect(stdout).not.toContain("warning");
});

test("against another API it is a warning, in the dry run and in the question", async () => {
  const WARNING = /^warning +'order-shipped' can't be a template of WeChat/m;
  const args = ["order-shipped", "--keywords", "a"];
  expect((await atTerminal(world, [...args, "--dry-run"])).stdout).toMatch(WARNING);
  const { code, stderr } = await atTerminal(world, args, "y\n");
  expect(code).toBe(0);
  expect(stderr).toMatch(WARNING);
  expect(world.sandbox.stats().delivered).toBe(3);
});
