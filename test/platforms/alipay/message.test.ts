import { expect, it } from "vitest";
import type { MessageInput } from "../../../src/broadcast/channel.ts";
import { openChannel } from "../open.ts";

const INPUT: MessageInput = { templateId: "T", values: ["a", "b"], page: "pages/index", options: {} };
const open = (channel = "alipay-template") => openChannel({ apiBase: "https://openapi.alipay.com", channel });

it.each(["alipay-template", "alipay-subscribe"])("%s makes a message of keywords and page", async (name) => {
  const channel = await open(name);
  const message = channel.message(INPUT);
  expect(message).toEqual({
    templateId: "T",
    fields: [
      { name: "keyword1", value: "a" },
      { name: "keyword2", value: "b" },
    ],
    page: "pages/index",
  });
  expect(channel.render(message, "2088102122458832", "F")).toMatchObject({ to_user_id: "2088102122458832" });
});

it.each([
  ["no page", { page: undefined }, "need a page"],
  ["a page that is too long", { page: "p".repeat(129) }, "--page has 129 characters; Alipay takes 128"],
  ["no keywords", { values: [] }, "no values"],
  [
    "a value that is too long",
    { values: ["a", "字".repeat(51)] },
    "keyword2 has 51 characters; Alipay takes 50",
  ],
  ["more than 2048 characters", { values: Array(30).fill("a".repeat(50)) }, "Alipay takes 2048"],
  ["a template id that is too long", { templateId: "T".repeat(65) }, "Alipay takes 64"],
  ["fields by name", { values: [], named: { keyword1: "a" } }, "--field"],
])("refuses %s", async (_what, change, message) => {
  const channel = await open();
  expect(() => channel.message({ ...INPUT, ...change })).toThrow(message);
});

it("takes what is at the limit", async () => {
  const channel = await open();
  const most = { values: ["字".repeat(50)], page: "p".repeat(128), templateId: "T".repeat(64) };
  expect(() => channel.message({ ...INPUT, ...most })).not.toThrow();
});

it("looks at a recipient's own values once they are known", async () => {
  const channel = await open();
  const open_ = { ...INPUT, values: [`{{name}}${" ".repeat(60)}`], columns: ["name"] };
  const message = channel.message(open_);
  expect(channel.problemOf({ name: "keyword1", value: "a".repeat(51) }, message)).toContain("51 characters");
  expect(channel.problemOf({ name: "keyword1", value: "a".repeat(50) }, message)).toBeUndefined();
});

it("doubts a template id that is none of Alipay's", async () => {
  const channel = await open();
  const real = "MDI4YzIxMDE2M2I5YTQzYjUxNWE4MjA4NmU1MTIyYmM=";
  expect(channel.doubtTemplateId("https://openapi.alipay.com", real)).toBeUndefined();
  expect(channel.doubtTemplateId("https://openapi.alipay.com", "a b")).toMatchObject({ isCertain: true });
});
