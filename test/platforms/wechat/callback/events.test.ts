import { describe, expect, it } from "vitest";
import type { CallbackEvent } from "../../../../src/collector/ports.ts";
import { eventJson, GRANT, openReader, plainPush, refusalOf } from "./pushes.ts";

const reader = openReader();

function read(body: string): readonly CallbackEvent[] {
  return reader.read(plainPush(body)).events;
}

const choice = (TemplateId: unknown, SubscribeStatusString: unknown) => ({
  TemplateId,
  SubscribeStatusString,
});
const sent = (changes: object = {}) => ({
  TemplateId: "T1",
  MsgID: "1864323726461255680",
  ErrorCode: "0",
  ErrorStatus: "success",
  ...changes,
});
/** What can't stand in a key of Redis. */
const BAD_IDS = [
  "",
  " ",
  "a b",
  "a:b",
  "{a}",
  "a*",
  "\u202e",
  "中",
  "x".repeat(65),
  "sends",
  "receipts",
  "seen",
  null,
];

it("every push is answered with success", () => {
  for (const body of [eventJson("subscribe_msg_popup_event", choice("T1", "accept")), "{}"])
    expect(reader.read(plainPush(body)).answer).toBe("success");
});

describe("the popup event", () => {
  const popup = (list: unknown, more: object = {}) =>
    read(eventJson("subscribe_msg_popup_event", list, more));

  it("grants each template whose status starts with accept, once", () => {
    const list = [
      choice("T1", "accept"),
      choice("T2", "reject"),
      choice("T3", "acceptWithAudio"),
      choice("T4", "filter"),
      choice("T5", "acceptWithAlert"),
      choice("T1", "accept"),
      choice("T6", "Accept"),
    ];
    expect(popup(list)).toEqual([{ ...GRANT, templateIds: ["T1", "T3", "T5"] }]);
  });

  it("is another one's when nothing was accepted", () => {
    const other = [{ kind: "other", name: "subscribe_msg_popup_event" }];
    for (const list of [choice("T1", "reject"), [], {}, null, "accept", [1, "x"]])
      expect(popup(list)).toEqual(other);
  });

  it("goes without items whose template can't stand in a key, and with the rest", () => {
    const list = [...BAD_IDS.map((id) => choice(id, "accept")), choice("T1", "accept")];
    expect(popup(list)).toEqual([GRANT]);
    expect(popup(list.slice(0, -1))).toEqual([{ kind: "other", name: "subscribe_msg_popup_event" }]);
  });

  it.each(["", "a b", "a:b", "{a}", "*", "中", "x".repeat(129), 1.5])(
    "of the user %j is nobody's",
    (FromUserName) => {
      const events = popup(choice("T1", "accept"), { FromUserName });
      expect(events).toEqual([{ kind: "other", name: "subscribe_msg_popup_event" }]);
    },
  );

  it.each([undefined, "", "soon", -1, 1.5, 1_795_000_000_000, null, {}])(
    "without a time (%j) is refused",
    (CreateTime) => {
      expect(refusalOf(() => popup(choice("T1", "accept"), { CreateTime }))).toBe("bad_body");
    },
  );

  it("of another second or another name has another key", () => {
    const keys = [
      ...popup(choice("T1", "accept")),
      ...popup(choice("T1", "accept"), { CreateTime: "1795000001" }),
      ...read(eventJson("subscribe_msg_change_event", choice("T1", "reject"))),
    ].map((event) => "key" in event && event.key);
    expect(new Set(keys).size).toBe(3);
  });
});

it("the change event withdraws what is rejected, and nothing else", () => {
  const list = [
    choice("T1", "reject"),
    choice("T2", "accept"),
    choice("a b", "reject"),
    choice("T3", "reject"),
  ];
  expect(read(eventJson("subscribe_msg_change_event", list))).toEqual([
    {
      kind: "withdrawals",
      openId: "oUser1",
      key: "1795000000:subscribe_msg_change_event",
      templateIds: ["T1", "T3"],
    },
  ]);
  expect(read(eventJson("subscribe_msg_change_event", choice("T1", "accept")))).toEqual([
    { kind: "other", name: "subscribe_msg_change_event" },
  ]);
});

describe("the sent event", () => {
  const receive = (list: unknown) =>
    read(eventJson("subscribe_msg_sent_event", list, { CreateTime: undefined }));
  const RECEIPT = { openId: "oUser1", templateId: "T1", msgid: "1864323726461255680", status: "delivered" };

  it("gives a receipt for each item: delivered when its code is 0", () => {
    const list = [sent(), sent({ TemplateId: "T2", MsgID: 7, ErrorCode: 0 }), sent({ ErrorCode: "-1" })];
    const receipts = [
      RECEIPT,
      { ...RECEIPT, templateId: "T2", msgid: "7" },
      { ...RECEIPT, status: "failed", errcode: -1 },
    ];
    expect(receive(list)).toEqual([{ kind: "receipts", receipts }]);
  });

  it("goes without items that name no message or no outcome, and with the rest", () => {
    const bad = [
      ...BAD_IDS.map((TemplateId) => sent({ TemplateId })),
      ...["", "x", "-1", "1 2", "1".repeat(31), null, {}].map((MsgID) => sent({ MsgID })),
      ...["", "ok", "0x0", "1e3", null, []].map((ErrorCode) => sent({ ErrorCode })),
    ];
    expect(receive([...bad, sent()])).toEqual([{ kind: "receipts", receipts: [RECEIPT] }]);
    expect(receive(bad)).toEqual([{ kind: "other", name: "subscribe_msg_sent_event" }]);
  });
});

describe("what is somebody else's has one of a few names", () => {
  it.each([
    ["message", { MsgType: "text", Content: "hello" }],
    ["message", { MsgType: "miniprogrampage" }],
    ["user_enter_tempsession", { MsgType: "event", Event: "user_enter_tempsession" }],
    ["event", { MsgType: "event", Event: "something_new" }],
    ["event", { MsgType: "event", Event: "toString" }],
    ["event", { MsgType: "event" }],
    ["unknown", { MsgType: "new" }],
    ["unknown", { MsgType: "constructor" }],
    ["unknown", {}],
  ])("%s: %j", (name, body) => {
    const head = { ToUserName: "gh_1", FromUserName: "oUser1", CreateTime: 1_795_000_000 };
    expect(read(JSON.stringify({ ...head, ...body }))).toEqual([{ kind: "other", name }]);
  });
});

describe("of cloud hosting", () => {
  const body = eventJson("subscribe_msg_popup_event", choice("T1", "accept"));
  const CHECKS = ['{"action":"CheckContainerPath"}', "<xml><action>CheckContainerPath</action></xml>"];
  const unsigned = (text: string, headers: Record<string, string> = {}) => ({
    query: {},
    headers,
    body: Buffer.from(text),
  });
  const marks = { "x-wx-sources": "wx_push" };
  const cloud = openReader({ cloudHosting: true });

  it("a push that has its mark is taken", () => {
    expect(cloud.read(unsigned(body, marks))).toEqual({ events: [GRANT], answer: "success" });
  });

  it("a push without the mark is refused, and one with any is without the option", () => {
    expect(refusalOf(() => cloud.read(unsigned(body)))).toBe("not_signed");
    expect(refusalOf(() => cloud.read(unsigned(body, { "x-wx-sources": "" })))).toBe("not_signed");
    expect(refusalOf(() => reader.read(unsigned(body, marks)))).toBe("not_signed");
  });

  it.each(CHECKS)("its check is answered, and only with the option: %s", (check) => {
    expect(cloud.read(unsigned(check))).toEqual({ events: [], answer: "success" });
    expect(cloud.read(unsigned(check, marks))).toEqual({ events: [], answer: "success" });
    expect(refusalOf(() => reader.read(unsigned(check, marks)))).toBe("not_signed");
  });

  it("what can't be read is refused, mark or not", () => {
    expect(refusalOf(() => cloud.read(unsigned("", marks)))).toBe("bad_body");
    expect(refusalOf(() => cloud.read(unsigned("nothing")))).toBe("bad_body");
  });

  it("a signature that is there must be right", () => {
    expect(cloud.read(plainPush(body)).events).toEqual([GRANT]);
    const forged = { ...plainPush(body, { token: "guess" }), headers: marks };
    expect(refusalOf(() => cloud.read(forged))).toBe("bad_signature");
  });
});

describe("the event of an official account's finished message", () => {
  const body = (changes: object = {}) =>
    JSON.stringify({
      ToUserName: "gh_1",
      FromUserName: "oUser1",
      CreateTime: 1_395_658_920,
      MsgType: "event",
      Event: "TEMPLATESENDJOBFINISH",
      MsgID: "200163836",
      Status: "success",
      ...changes,
    });
  const receipt = (more: object) => [
    { kind: "receipts", receipts: [{ openId: "oUser1", msgid: "200163836", ...more }] },
  ];

  it.each<[string, object]>([
    ["success", { status: "delivered" }],
    ["failed:user block", { status: "failed", errcode: "user_block" }],
    ["failed: system failed", { status: "failed", errcode: "system_failed" }],
    ["failed", { status: "failed", errcode: "failed" }],
  ])("with the status %j is a receipt that names no template", (Status, more) => {
    expect(read(body({ Status }))).toEqual(receipt(more));
  });

  it("has its msgid exactly, also as a number beyond 2^53", () => {
    const text = body().replace('"200163836"', "2400000000000000123");
    expect(read(text)).toEqual([
      {
        kind: "receipts",
        receipts: [{ openId: "oUser1", msgid: "2400000000000000123", status: "delivered" }],
      },
    ]);
  });

  it("in XML as the vendor writes it", () => {
    const text = `<xml>
      <ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>
      <FromUserName><![CDATA[oUser1]]></FromUserName>
      <CreateTime>1395658984</CreateTime>
      <MsgType><![CDATA[event]]></MsgType>
      <Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>
      <MsgID>200163836</MsgID>
      <Status><![CDATA[failed:user block]]></Status>
    </xml>`;
    expect(read(text)).toEqual(receipt({ status: "failed", errcode: "user_block" }));
  });

  it.each([{ Status: "sent" }, { Status: "" }, { MsgID: "a b" }, { MsgID: "" }, { FromUserName: "a b" }])(
    "is another one's with %j",
    (changes) => {
      expect(read(body(changes))).toEqual([{ kind: "other", name: "TEMPLATESENDJOBFINISH" }]);
    },
  );
});
