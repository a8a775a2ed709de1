import fc from "fast-check";
import { expect, it } from "vitest";
import type { Message } from "../../../../src/broadcast/channel.ts";
import type { OwnTexts } from "../../../../src/broadcast/ports.ts";
import { createSubscribeBody } from "../../../../src/platforms/wechat/subscribe/body.ts";

/** The body by recipient. */
function bodies(message: Message) {
  const bodyFor = createSubscribeBody(message);
  return (openId: string, own?: OwnTexts) => bodyFor({ openId, formId: "", own });
}

const MESSAGE = {
  templateId: "T1",
  title: "not sent",
  fields: [
    { name: "thing1", label: "not sent", value: "a" },
    { name: "time2", value: "10:00" },
  ],
  page: "pages/a",
  options: { lang: "en_US", miniprogramState: "trial" },
};

it("is what the endpoint documents, and nothing else", () => {
  expect(JSON.parse(bodies(MESSAGE)("o1"))).toEqual({
    touser: "o1",
    template_id: "T1",
    page: "pages/a",
    data: { thing1: { value: "a" }, time2: { value: "10:00" } },
    lang: "en_US",
    miniprogram_state: "trial",
  });
});

it("always names language and state, and leaves out a page that is not given", () => {
  const { page: _, options: __, ...bare } = MESSAGE;
  const body = JSON.parse(bodies(bare)("o1"));
  expect([body.lang, body.miniprogram_state]).toEqual(["zh_CN", "formal"]);
  expect(body).not.toHaveProperty("page");
});

it("takes a recipient's own texts, for that recipient alone", () => {
  const bodyFor = bodies(MESSAGE);
  const own = JSON.parse(bodyFor("o1", { values: ["b", undefined], page: "pages/b" }));
  expect(own).toEqual({
    ...JSON.parse(bodyFor("o1")),
    page: "pages/b",
    data: { thing1: { value: "b" }, time2: { value: "10:00" } },
  });
  expect(JSON.parse(bodyFor("o1", { values: [undefined, "11:00"] }))).toMatchObject({
    page: "pages/a",
    data: { thing1: { value: "a" }, time2: { value: "11:00" } },
  });
  expect(JSON.parse(bodyFor("o2"))).toMatchObject({ page: "pages/a", data: { thing1: { value: "a" } } });
});

it("carries any texts unchanged", () => {
  const awkward = ['"', "\\", "}", '"}', "\u0000\n\t", "\u{1F600}", "\uD800", "__proto__", "$&", "\u2028"];
  const text = fc.oneof(fc.string(), fc.constantFrom(...awkward));
  fc.assert(
    fc.property(text, text, text, text, (openId, value, own, page) => {
      const bodyFor = bodies({ ...MESSAGE, page, fields: [{ name: "thing1", value }] });
      const [common, personal] = [
        JSON.parse(bodyFor(openId)),
        JSON.parse(bodyFor(openId, { values: [own] })),
      ];
      expect([common.touser, common.page, common.data]).toEqual([openId, page, { thing1: { value } }]);
      expect([personal.touser, personal.page, personal.data]).toEqual([
        openId,
        page,
        { thing1: { value: own } },
      ]);
    }),
  );
});
