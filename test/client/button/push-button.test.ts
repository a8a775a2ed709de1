// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Markup, type Rendered, raise, tap, useProject } from "../mini-program.ts";

interface Library {
  setCollector(collector: { add(formId: string): void } | undefined): void;
}

const world = globalThis as unknown as { getApp?: () => object | undefined; seen: unknown[] };

const PAGE = `Component({
  data: { off: false, own: null },
  methods: {
    outer() { seen.push("outer"); },
    tap(e) { seen.push({ tap: e.currentTarget.dataset }); },
    collect(e) { seen.push({ collect: e.detail }); },
    opened(e) { seen.push({ [e.type]: e.detail }); },
  },
});`;

const MARKUP = `<view bindtap="outer">
  <push-button id="b" push-class="wide" style="color: red" data-order="7" disabled="{{off}}" collector="{{own}}"
    bindtap="tap" bind:collect="collect" bind:getphonenumber="opened" bind:error="opened"><text>Order</text></push-button>
</view>
<push-button id="all" size="mini" type="primary" plain loading hover-class="none" hover-stop-propagation
  hover-start-time="{{1}}" hover-stay-time="{{2}}" aria-label="Buy" open-type="contact" lang="zh_CN" session-from="s"
  send-message-title="t" send-message-path="p" send-message-img="i" show-message-card app-parameter="a" dataset="{{ {id: 5} }}"
  report-submit-timeout="{{300}}">All</push-button>`;

const project = useProject({
  "pages/index/index.json":
    '{"component": true, "usingComponents": {"push-button": "push-cli/push-button/index"}}',
  "pages/index/index.wxml": MARKUP,
  "pages/index/index.js": PAGE,
});
let page: Rendered;
let taken: string[];
const collector = { add: (formId: string) => void taken.push(formId) };
const library = () => project.load<Library>("miniprogram_npm/push-cli/index.js");

beforeEach(() => {
  world.seen = [];
  taken = [];
  world.getApp = () => undefined;
  library().setCollector(undefined);
  page = project.render("pages/index/index");
});

afterEach(() => project.forget());

it("is a submit button in a form that asks for a code, with the slot in it", () => {
  const form = markup("#b");
  expect(form.tagName).toBe("wx-form");
  expect(attribute(form, "reportSubmit")).toBe(true);
  const button = form.children.find((child) => typeof child !== "string") as Markup;
  expect(button.tagName).toBe("wx-button");
  expect(attribute(button, "formType")).toBe("submit");
  expect(attribute(button, "style")).toBe("color: red");
  expect(page.querySelector("#b")?.querySelector(".push-class")?.dom?.textContent).toBe("Order");
});

it("has a button's defaults", () => {
  const button = markup("#b").children[0] as Markup;
  const values = Object.fromEntries(button.attrs.map(({ name, value }) => [name, value]));
  expect(values).toMatchObject({
    size: "default",
    type: "default",
    plain: false,
    disabled: false,
    loading: false,
    hoverClass: "button-hover",
    hoverStartTime: 20,
    hoverStayTime: 70,
    openType: "",
    lang: "en",
  });
});

it("hands on what a button can be told", () => {
  const form = markup("#all");
  expect(attribute(form, "reportSubmitTimeout")).toBe(300);
  const button = form.children[0] as Markup;
  const values = Object.fromEntries(button.attrs.map(({ name, value }) => [name, value]));
  expect(values).toMatchObject({
    size: "mini",
    type: "primary",
    plain: true,
    loading: true,
    hoverClass: "none",
    hoverStopPropagation: true,
    hoverStartTime: 1,
    hoverStayTime: 2,
    ariaLabel: "Buy",
    openType: "contact",
    lang: "zh_CN",
    sessionFrom: "s",
    sendMessageTitle: "t",
    sendMessagePath: "p",
    sendMessageImg: "i",
    showMessageCard: true,
    appParameter: "a",
    "data-detail": { id: 5 },
  });
});

it("is tapped once, where a plain button would be, and its code goes to the app's collector", async () => {
  library().setCollector(collector);
  await tap(page, "#b", "form-1");
  expect(world.seen).toEqual([{ tap: { order: "7" } }, "outer", { collect: { formId: "form-1" } }]);
  expect(taken).toEqual(["form-1"]);
});

it("takes the collector that it is given before the app's, and pushCollector of the app when there is none", async () => {
  world.getApp = () => ({ pushCollector: collector });
  await tap(page, "#b", "form-1");
  expect(taken).toEqual(["form-1"]);
  const others: string[] = [];
  library().setCollector({ add: (formId) => void others.push(formId) });
  await tap(page, "#b", "form-2");
  expect([taken, others]).toEqual([["form-1"], ["form-2"]]);
  page.setData({ own: collector });
  await tap(page, "#b", "form-3");
  expect([taken, others]).toEqual([["form-1", "form-3"], ["form-2"]]);
});

it.each([undefined, ""])(
  "is tapped once all the same when the platform gives no code (%j)",
  async (formId) => {
    library().setCollector(collector);
    await tap(page, "#b", formId);
    expect(world.seen).toEqual([{ tap: { order: "7" } }, "outer"]);
    expect(taken).toEqual([]);
  },
);

it("hands on what the platform gives instead of a code: whose code is worth what is the collector's to say", async () => {
  library().setCollector(collector);
  await tap(page, "#b", "the formId is a mock one");
  expect(taken).toEqual(["the formId is a mock one"]);
});

it.each([
  ["there is no collector", undefined],
  ["the collector throws", () => library().setCollector({ add: breakDown })],
  ["there is no app", () => (world.getApp = undefined as never)],
])("works when %s", async (_, arrange) => {
  arrange?.();
  await tap(page, "#b", "form-1");
  expect(world.seen).toEqual([{ tap: { order: "7" } }, "outer", { collect: { formId: "form-1" } }]);
});

it("has no tap while it is disabled, for nobody around it", async () => {
  page.setData({ off: true });
  await tap(page, "#b", "form-1");
  expect(world.seen).toEqual([]);
  page.setData({ off: false });
  await tap(page, "#b", "form-2");
  expect(world.seen).toHaveLength(3);
});

it("hands on the events of an open-type", () => {
  for (const name of ["getphonenumber", "error"]) raise(page, "#b", ".push-class", name, { code: name });
  expect(world.seen).toEqual([{ getphonenumber: { code: "getphonenumber" } }, { error: { code: "error" } }]);
});

function breakDown(): never {
  throw new Error("a collector of somebody else's");
}

function markup(selector: string): Markup {
  return page.querySelector(selector)?.toJSON() as Markup;
}

function attribute({ attrs }: Markup, name: string): unknown {
  return attrs.find((one) => one.name === name)?.value;
}
