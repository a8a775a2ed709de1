import { expect, test } from "vitest";
import { runCli } from "../helpers/cli.ts";

const env = { NO_COLOR: "1" };

test("channels are listed with what each guarantees, the chosen one marked", async () => {
  const { code, stdout } = await runCli(["channels", "--json", "--channel", "qq-template"], { env });
  expect(code).toBe(0);
  const { channels } = JSON.parse(stdout) as { channels: Record<string, unknown>[] };
  expect(channels).toContainEqual(
    expect.objectContaining({
      name: "wechat-template",
      permission: "code",
      chosen: false,
      guarantee: expect.stringContaining("exactly once"),
      delivers: expect.objectContaining({ today: "no", asOf: "2020-01-10" }),
    }),
  );
  expect(channels.filter(({ chosen }) => chosen)).toEqual([expect.objectContaining({ name: "qq-template" })]);
});

test("in a pipe a row each", async () => {
  const { stdout } = await runCli(["channels"], { env });
  expect(stdout).toContain("wechat-template\ta code\tno\t2020-01-10\n");
});

test.each([
  ["wechat", 2, '--channel: "wechat" is not a channel'],
  ["wechat-fax", 5, "there is no channel 'wechat-fax'"],
])("a channel that is none is refused: %s", async (channel, exit, words) => {
  const { code, stderr } = await runCli(["token", "show", "--channel", channel], { env });
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringContaining(words) });
});
