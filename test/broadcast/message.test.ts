import { describe, expect, test } from "vitest";
import type { Message } from "../../src/broadcast/channel.ts";
import { checkMessage } from "../../src/broadcast/message.ts";
import { PushCliError } from "../../src/errors.ts";
import { messageOf } from "../platforms/open.ts";

const PLAIN = messageOf("t-1");

describe("a message is refused before anything is sent", () => {
  test.each<[string, Partial<Message>, string]>([
    ["with a template id that can't be one", { templateId: "a b" }, "'a b' is not a template id"],
    ["without a template id", { templateId: "" }, "'' is not a template id"],
    ["with an empty page", { page: "" }, "'' is not a page path"],
    ["with a page that starts with a slash", { page: "/pages/index" }, "'/pages/index' is not a page path"],
    ["with an address for a page", { page: "https://a.example/" }, "is not a page path"],
    ["with a page beyond 1,024 characters", { page: "p".repeat(1025) }, "is not a page path"],
    [
      "with a value that a terminal would obey",
      messageOf("t", ["a", "\u001b[2J"]),
      "keyword2 contains the control",
    ],
  ])("%s", (_, fields, words) => {
    const check = () => checkMessage({ ...PLAIN, ...fields });
    expect(check).toThrow(PushCliError);
    expect(check).toThrow(words);
  });
});

test.each<Message>([
  PLAIN,
  messageOf("A_b-9", ["", "x"], { page: "pages/a?b=c&d=https://x", options: { emphasis: "2" } }),
])("%j is let through as it is", (message) => {
  expect(checkMessage(message)).toBe(message);
});
