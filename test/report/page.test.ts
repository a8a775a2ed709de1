import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noOutcomes } from "../../src/broadcast/outcome.ts";
import type { ReportData } from "../../src/report/data.ts";
import { foreign, html } from "../../src/report/html.ts";
import { cutOpenId } from "../../src/report/missed.ts";
import { renderReport } from "../../src/report/page.ts";
import { type DomDocument, parseDocument, textOf } from "./dom.ts";
import { FIELDS, makeData, makeRecord, makeRun, START_MS, threeRuns } from "./fixture.ts";

const parse = (data: ReportData) => parseDocument(renderReport(data));
const rowsOf = (document: DomDocument, id: string) =>
  [...document.querySelectorAll(`[aria-labelledby=${id}] tbody tr`)].map(textOf);

describe("markup", () => {
  test("what is put in is text, unless it is markup", () => {
    expect(html`<b title="${`"'<&>`}">${"<i>"}${[1, html`<u>`]}${undefined}</b>`.text).toBe(
      `<b title="&quot;&#39;&lt;&amp;&gt;">&lt;i&gt;1<u></b>`,
    );
  });

  test("any text comes back as it was, but for what can't be seen, which is written out", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const { body } = parseDocument(`<body>${foreign(text).text}</body>`);
        expect(body.children).toHaveLength(1);
        const seen = text.replace(/[\r\n]/g, "");
        if (/^[\x20-\x7e]*$/.test(seen) && seen === text) expect(body.textContent).toBe(text);
        expect(body.querySelectorAll(":not(bdi,br)")).toHaveLength(0);
      }),
    );
    expect(foreign("a\u202eb\u0007\u0000c\nd").text).toBe("<bdi>a\\u202eb\\x07\\x00c<br>d</bdi>");
    expect(foreign("👩‍👩‍👧 مرحبا").text).toBe("<bdi>👩‍👩‍👧 مرحبا</bdi>");
  });

  test("a long text is cut between characters", () => {
    expect(foreign("🙂".repeat(700), 600).text).toBe(`<bdi>${"🙂".repeat(600)}…</bdi>`);
    expect(foreign("🙂".repeat(600), 600).text).not.toContain("…");
  });
});

describe("the page", () => {
  test("loads nothing and runs nothing, and says so to the browser", () => {
    const text = renderReport(makeData(makeRecord(), threeRuns()));
    const document = parseDocument(text);
    expect(document.querySelectorAll("script, link, img, iframe, object, form, [src], [href]")).toHaveLength(
      0,
    );
    expect(text).not.toMatch(/url\(|@import|https?:\/\/(?!api\.weixin)/);
    const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]");
    expect(policy?.getAttribute("content")).toContain("default-src 'none'");
  });

  test("has landmarks, headings, captions of columns and rows, and words for what is drawn", () => {
    const document = parse(makeData(makeRecord(), threeRuns()));
    expect(document.documentElement.lang).toBe("en");
    expect(document.querySelectorAll("body > header, body > main, body > footer")).toHaveLength(3);
    expect([...document.querySelectorAll("h1")].map(textOf)).toEqual(["订单发货提醒"]);
    for (const section of document.querySelectorAll("section")) {
      const heading = section.querySelector("h2");
      expect(section.getAttribute("aria-labelledby")).toBe(heading?.id);
    }
    for (const table of document.querySelectorAll("table")) {
      expect(table.querySelectorAll("thead th:not([scope=col])")).toHaveLength(0);
      expect(table.querySelectorAll("tbody tr")).toHaveLength(
        table.querySelectorAll("tbody th[scope=row]").length,
      );
    }
    for (const drawing of document.querySelectorAll("svg:not([aria-hidden])")) {
      expect(drawing.getAttribute("role")).toBe("img");
      expect(drawing.getAttribute("aria-label")?.length).toBeGreaterThan(20);
    }
    const [bar, chart] = [...document.querySelectorAll("svg[role=img]")].map((one) =>
      one.getAttribute("aria-label"),
    );
    expect(bar).toBe(
      "Recipients by outcome: Sent 45,712, 97.0%; Rejected 987, 2.0%; Failed 356, 0.7%; Unknown 69, 0.1%",
    );
    expect(chart).toMatch(/^Messages sent per second from .* in 3 runs: at most \d+\/s, at /);
  });

  test("shows the message as a phone does: title, labels, values, columns, and what it opens", () => {
    const document = parse(makeData(makeRecord(), []));
    const bubble = document.querySelector(".bubble")!;
    expect(textOf(bubble.querySelector(".subject"))).toBe("订单发货提醒");
    expect([...bubble.querySelectorAll("dt")].map(textOf)).toEqual(FIELDS.map(({ label }) => label));
    expect([...bubble.querySelectorAll("dd")].map(textOf)).toContain("¥128.00");
    expect([...bubble.querySelectorAll("mark")].map(textOf)).toEqual(["shipped", "order"]);
    expect(textOf(bubble.querySelector(".opens"))).toBe("Opens page pages/order?id=order");
  });

  test("shows braces that are none of a column as they are sent, the large value first, and a link's target", () => {
    const message = {
      templateId: "t",
      fields: [
        { name: "keyword1", value: "{{name}}" },
        { name: "keyword2", value: "42" },
      ],
      options: { emphasis: "2", url: "https://example.com/a" },
    };
    const bubble = parse(makeData(makeRecord({ message }), [])).querySelector(".bubble")!;
    expect(textOf(bubble.querySelector(".large"))).toBe("42keyword2");
    expect(textOf(bubble.querySelector("dl"))).toBe("keyword1{{name}}");
    expect(textOf(bubble.querySelector(".opens"))).toBe("Opens https://example.com/a");
  });

  test("shows each variant with its share", () => {
    const list = ["calm", "loud"].map((name) => ({
      name,
      share: 0.5,
      fields: [{ name: "thing1", value: name }],
    }));
    const message = { ...makeRecord().message, variants: { seed: "s", list } };
    const data = makeData(makeRecord({ message }), []);
    const outcomes = { sent: 1200, no_code: 0, rejected: 3, failed: 0, unknown: 0 };
    data.view.result.variants = [{ name: "calm", share: 0.5, recipients: 1203, outcomes }];
    const document = parse(data);
    expect([...document.querySelectorAll("figure.variant figcaption")].map(textOf)).toEqual([
      "Variant calm: 50.0% of the users 1,200 sent, 3 rejected of 1,203 recipients",
      "Variant loud: 50.0% of the users",
    ]);
    expect(document.querySelectorAll(".bubble")).toHaveLength(2);
  });

  test("says how each run ended, and marks those that went wrong", () => {
    const document = parse(makeData(makeRecord(), threeRuns()));
    const [first, second, third] = rowsOf(document, "time").slice(-3);
    expect(first).toContain("died: it was killed, or its machine went away");
    expect(second).toContain("stopped: too many errors: 20.2% of the last 500");
    expect(third).toMatch(/li@web-2, pid 99, push-cli 0\.1\.0 ?9,859 ?done with its audience/);
    expect(document.querySelectorAll(".band.trouble")).toHaveLength(2);
    expect(textOf(document.querySelector(".chart figcaption"))).toContain(
      "Times without a run are left out: 7h 52m.",
    );
  });

  test("says of errors what they mean and what can be done", () => {
    const rows = rowsOf(parse(makeData(makeRecord(), threeRuns())), "errors");
    expect(rows).toEqual([
      "errcode 43101: the user refuses messagesuser refuse to accept the msg987",
      "no errcodeconnection reset before it answered69",
      "errcode 45009: the day's quota of calls is used upresume tomorrowreach max api daily quota limit9",
    ]);
  });

  test("has a dash, and no share, for what nobody has counted", () => {
    const old = makeRun(0, 1, 5, { outcomes: undefined, series: undefined, ended: false, over: false });
    const document = parse(makeData(makeRecord({ status: "running", users: undefined }), [old]));
    expect(textOf(document.querySelector(".lead"))).toBe("How many users have the message is not known.");
    expect(textOf(document.querySelector(".figures"))).toContain("Sent–");
    expect(document.querySelector(".pill")?.textContent).toBe("dead");
    expect(document.querySelector("svg.bar")).toBeNull();
  });

  test("a few among many keep a visible part of the bar, and the parts fill it", () => {
    const run = makeRun(0, 1, 5, { outcomes: { ...noOutcomes(), sent: 999_999, failed: 1 } });
    const parts = [...parse(makeData(makeRecord(), [run])).querySelectorAll("svg.bar rect")];
    const widths = parts.map((part) => Number(part.getAttribute("width")));
    expect(widths[1]).toBeGreaterThan(3);
    expect(widths[0]! + widths[1]!).toBeCloseTo(1000, 1);
  });
});

describe("openIds", () => {
  const line = {
    ...{ openId: "oABCDEFGHIJKLMNOPQRSTUVWXYZ1", outcome: "failed" as const, attempts: 2 },
    ...{
      errcode: 45009,
      errmsg: null,
      msgid: null,
      formId: null,
      variant: null,
      at: new Date(START_MS).toISOString(),
    },
  };
  const missed = { lines: [line], total: 201, command: "push-cli broadcast recipients b", isFull: false };

  test("are cut, with the command that lists all", () => {
    const document = parse(makeData(makeRecord(), threeRuns(), { missed }));
    expect(document.body.textContent).not.toContain("EFGHIJ");
    const section = textOf(document.querySelector("[aria-labelledby=missed]"));
    expect(section).toContain("The first 1 of 201. OpenIds are cut, because they stand for persons.");
    expect(section).toContain("To list all: push-cli broadcast recipients b");
    expect(section).toContain("oABCD…XYZ1failed: 45009: the day's quota of calls is used up");
  });

  test("are whole when that is wanted", () => {
    const full = { ...missed, isFull: true };
    expect(textOf(parse(makeData(makeRecord(), [], { missed: full })).body)).toContain(line.openId);
  });

  test("never show more than half of themselves", () => {
    for (const openId of ["o", "o123", "oUser0842", "o1234567890123", line.openId, "🙂🙂🙂🙂🙂"])
      expect(cutOpenId(openId).replace("…", "").length, openId).toBeLessThanOrEqual(
        Math.max(9, openId.length / 2),
      );
  });

  test("that the ledgers have forgotten are told of", () => {
    const gone = { ...missed, lines: [], total: 7 };
    const section = parse(makeData(makeRecord(), [], { missed: gone })).querySelector(
      "[aria-labelledby=missed]",
    );
    expect(textOf(section)).toContain(
      "There were 7, but the ledgers, which keep recipients for 8 days, know none.",
    );
  });
});
