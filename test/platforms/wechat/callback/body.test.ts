import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallbackEvent } from "../../../../src/collector/ports.ts";
import { eventJson, GRANT, openReader, POPUP, plainPush, refusalOf } from "./pushes.ts";

const reader = openReader();

function read(body: string | Buffer): readonly CallbackEvent[] {
  return reader.read(plainPush(body)).events;
}

const fate = (body: string | Buffer) => refusalOf(() => read(body));

const HEAD = `<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUser1]]></FromUserName>
<CreateTime>1795000000</CreateTime><MsgType><![CDATA[event]]></MsgType>`;
const LIST =
  "<List><TemplateId><![CDATA[T1]]></TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>";

function popupXml(inner = LIST, wrapper = "SubscribeMsgPopupEvent"): string {
  return `<xml>${HEAD}<Event>subscribe_msg_popup_event</Event><${wrapper}>${inner}</${wrapper}></xml>`;
}

const nestXml = (depth: number) => `${"<a>".repeat(depth)}${"</a>".repeat(depth)}`;
const nestJson = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;

describe("XML", () => {
  it.each([
    ["as the vendor shows it", popupXml()],
    ["with a declaration", `<?xml version="1.0" encoding="UTF-8"?>\n${popupXml()}\n`],
    ["after a byte order mark and blanks", `\ufeff \n${popupXml()}`],
    ["with the wrapper of another event", popupXml(LIST, "SubscribeMsgChangeEvent")],
    [
      "with line breaks around its ids",
      popupXml(LIST.replace("T1", "\n T1\t")).replace("oUser1", " oUser1\n"),
    ],
    ["with a comment and attributes", popupXml(LIST.replace("<List>", '<List a="1"><!-- x -->'))],
    ["with the five entities and numbers", popupXml(LIST.replace("accept", "&#97;ccep&#x74;&amp;&lt;"))],
    ["with text in pieces", popupXml(LIST.replace("accept", "acc<![CDATA[ep]]>t"))],
  ])("%s is read", (_, body) => {
    expect(read(body)).toEqual([GRANT]);
  });

  it("may have several lists, also in several wrappers", () => {
    const second = LIST.replace("T1", "T2");
    const events = [{ ...GRANT, templateIds: ["T1", "T2"] }];
    expect(read(popupXml(LIST + second))).toEqual(events);
    expect(
      read(popupXml(`${LIST}</SubscribeMsgPopupEvent><Other>${second}</Other><SubscribeMsgPopupEvent>`)),
    ).toEqual(events);
  });

  it.each([
    ["a DTD", `<!DOCTYPE xml>${popupXml()}`],
    ["a DTD with an entity", `<!DOCTYPE xml [<!ENTITY e "T1">]>${popupXml(LIST.replace("T1", "&e;"))}`],
    ["an external entity", `<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml>&e;</xml>`],
    ["an entity of its own", popupXml(LIST.replace("accept", "&accept;"))],
    ["an entity by the name of a method", popupXml(LIST.replace("accept", "&toString;"))],
    ["two roots", popupXml() + popupXml()],
    ["a root that stays open", popupXml().slice(0, -6)],
    ["a tag that stays open", popupXml().slice(0, -3)],
    ["tags that cross", "<xml><a><b></a></b></xml>"],
    ["text behind it", `${popupXml()} more`],
    ["a NUL", popupXml(LIST.replace("accept", "accept\0"))],
    ["too many levels", nestXml(33)],
    ["200,000 levels", nestXml(200_000)],
    ["nothing but a start", "<"],
  ])("with %s is refused", (_, body) => {
    expect(fate(body)).toBe("bad_body");
  });

  it("of many levels is read", () => {
    expect(read(nestXml(32))).toEqual([{ kind: "other", name: "unknown" }]);
  });
});

describe("JSON", () => {
  it.each([
    ["of one object", POPUP],
    ["of an array of one", POPUP.replace(/"List":(\{.*?\})/, '"List":[$1]')],
    ["in a wrapper", POPUP.replace(/"List":(\{.*?\})/, '"SubscribeMsgPopupEvent":{"List":[$1]}')],
    ["in a wrapper of any name, as an object", POPUP.replace(/"List":(\{.*?\})/, '"Any":{"List":$1}')],
    ["with a time that is text", POPUP.replace("1795000000", '"1795000000"')],
    ["with white space around it", `\ufeff\r\n ${POPUP}\n`],
    [
      "with names of prototypes",
      POPUP.replace("{", '{"__proto__":{"Event":"x","List":1},"constructor":{"prototype":1},'),
    ],
    ["with null and true", POPUP.replace("{", '{"a":null,"b":true,"c":[null,[1,"x"]],')],
    ["with a name that is there twice", POPUP.replace("{", '{"FromUserName":"oMallory",')],
    [
      "with numbers of all forms",
      POPUP.replace("{", '{"a":[-1,1.5e+300,1.23456789012345678901,-12345678901234567890],'),
    ],
    [
      "with what looks like a number in a text",
      POPUP.replace("{", '{"a":"\\\\",":\\"12345678901234567890,":1,'),
    ],
  ])("%s is read", (_, body) => {
    expect(read(body)).toEqual([GRANT]);
  });

  it("keeps all digits of a MsgID, whether text or number", () => {
    for (const digits of ["1864323726461255680", "294402298110051942", "9007199254740993", "7"]) {
      for (const MsgID of [digits, `"${digits}"`]) {
        const body = eventJson("subscribe_msg_sent_event", {
          TemplateId: "T1",
          MsgID: "?",
          ErrorCode: 0,
          ErrorStatus: "success",
        }).replace('"?"', MsgID);
        const receipt = { openId: "oUser1", templateId: "T1", msgid: digits, status: "delivered" };
        expect(read(body)).toEqual([{ kind: "receipts", receipts: [receipt] }]);
      }
    }
  });

  it("changes no prototype", () => {
    read('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    ["a trailing comma", `${POPUP.slice(0, -1)},}`],
    ["a cut", POPUP.slice(0, -1)],
    ["a text that stays open", '{"a":"\\"\\"\\"'],
    ["an array at the top", `[${POPUP}]`],
    ["too many levels of objects", `${'{"a":'.repeat(33)}1${"}".repeat(33)}`],
    ["too many levels of arrays", nestJson(40)],
    ["100,000 levels", nestJson(100_000)],
  ])("with %s is refused", (_, body) => {
    expect(fate(body)).toBe("bad_body");
  });

  it("of many levels is read", () => {
    expect(read(`${'{"a":'.repeat(31)}1${"}".repeat(31)}`)).toEqual([{ kind: "other", name: "unknown" }]);
  });

  it("of a text full of quotes that stays open is refused at once", () => {
    expect(fate(`{"a":"${'\\"'.repeat(32_000)}`)).toBe("bad_body");
  });
});

describe("a body", () => {
  it.each(["", " \n", "success", "null", "1", '"{}"', "[]", "xml=1&a=2", "\ufeff"])(
    "%j is refused",
    (body) => {
      expect(fate(body)).toBe("bad_body");
    },
  );

  it("that is not UTF-8 is refused, in XML and in JSON", () => {
    for (const text of [POPUP, popupXml()]) {
      for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
        const at = text.indexOf("oUser1");
        const body = Buffer.concat([
          Buffer.from(text.slice(0, at)),
          Buffer.from(bytes),
          Buffer.from(text.slice(at)),
        ]);
        expect(fate(body)).toBe("bad_body");
      }
    }
  });

  it("is not quoted in a refusal", () => {
    for (const body of ['{"secret-word"', '{"a": secret-word}', "<secret-word>", "secret-word"])
      expect(() => read(body)).not.toThrowError(/secret-word/);
  });

  it("of any bytes is read or refused, and nothing else is thrown", () => {
    const pieces = fc.constantFrom(
      ..."<xml>,</xml>,<List>,</List>,<![CDATA[,]]>,<!--,-->,<!DOCTYPE,<?,?>,&amp;,&x;,Event,MsgType".split(
        ",",
      ),
      ...'{|}|[|]|"|:|,|\\|"List"|"Event"|"__proto__"|12345678901234567890|1e999|null|\0'.split("|"),
      "subscribe_msg_popup_event",
    );
    const soup = fc.array(pieces, { maxLength: 30 }).map((parts) => Buffer.from(parts.join("")));
    const bytes = fc.uint8Array({ maxLength: 200 }).map((any) => Buffer.from(any));
    const json = fc.json().map((text) => Buffer.from(`{"Event":"subscribe_msg_sent_event","List":${text}}`));
    fc.assert(
      fc.property(fc.oneof(soup, bytes, json), (body) => {
        expect([undefined, "bad_body"]).toContain(fate(body));
      }),
      { numRuns: 2000 },
    );
  });
});
