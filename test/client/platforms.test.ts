import { afterEach, expect, it, vi } from "vitest";
import type { MiniProgramApi } from "../../src/client/index.ts";
import { createCollector, getCollector, setCollector } from "../../src/client/index.ts";
import { useClientWorld } from "./world.ts";

const world = useClientWorld();
afterEach(() => vi.unstubAllGlobals());

/** Alipay's `my` over the same phone. Answers with other statuses than 2xx are failures there. */
function toMy(api: MiniProgramApi) {
  return {
    getStorageSync: ({ key }: { key: string }) => ({ data: api.getStorageSync(key) || null }),
    setStorage: api.setStorage,
    getAuthCode: ({
      scopes,
      success,
      fail,
    }: {
      scopes: string;
      success(result: object): void;
      fail(): void;
    }) => api.login?.({ success: ({ code }) => success({ authCode: `${scopes}-${code}` }), fail }),
    request: ({ headers, success, fail, ...rest }: MyRequest) =>
      api.request({
        ...rest,
        header: headers,
        success: ({ statusCode: status, data, header }) =>
          status < 300
            ? success({ status, data, headers: header })
            : fail({ error: 19, status, data, headers: header }),
        fail: () => fail({ error: 12 }),
      }),
  };
}

type MyRequest = Omit<Parameters<MiniProgramApi["request"]>[0], "header" | "success" | "fail"> & {
  headers: Record<string, string>;
  success(answer: object): void;
  fail(answer: object): void;
};

it.each(["wx", "qq", "swan"])("finds %s by itself", async (name) => {
  const { api } = world.phone.start();
  vi.stubGlobal(name, api);
  const collector = createCollector({ url: `${world.server.url}//` });
  collector.add("a");
  await collector.flush();
  expect([...world.server.pool.keys()]).toEqual(["a"]);
});

it("takes what a form of Baidu's says: codes, agreements under the developer's id, and what became of those", async () => {
  const query = vi.fn(({ subscribeId, success, fail }: SwanQuery) =>
    subscribeId === "gone" ? fail({ errCode: 904 }) : success({ status: subscribeId === "s-1" ? 1 : 0 }),
  );
  vi.stubGlobal("swan", { ...world.phone.start().api, subscribeService: query });
  const collector = createCollector({ url: world.server.url, now: () => world.nowMs });
  world.phone.network = "lost";
  expect(collector.addSubscription("BD0003", "s-1", { formId: "f-1", status: "", message: "" })).toBe(true);
  for (const status of [500101, 500102, 500103, 500104, "500105"])
    expect(collector.addSubscription("BD0003", "s-2", { formId: "f-2", status, message: "no" })).toBe(false);
  // As in the developer tool.
  expect(collector.addSubscription("BD0003", "s-3", { formId: "", status: "", message: "" })).toBe(false);
  collector.add("guest-0");
  await collector.flush();
  world.phone.network = "up";
  await world.pass(collector, 300_000);
  const reports = world.server.seen.filter(({ path }) => path === "/consents").map(({ body }) => body);
  expect(reports.length).toBeGreaterThan(0);
  for (const body of reports)
    expect(body).toMatchObject({
      templates: { BD0003: "accept" },
      subscribeId: "s-1",
      report: reports[0]?.report,
    });
  expect([...world.server.pool.keys()]).toEqual(["guest-0"]);
  expect(collector.pending()).toEqual({ codes: 0, reports: 0 });
  const answers = ["s-1", "s-2", "gone"].map((id) => collector.hasSubscription("BD0003", id));
  expect(await Promise.all(answers)).toEqual([true, false, undefined]);
  expect(query.mock.calls[0]?.[0]).toMatchObject({ templateId: "BD0003", subscribeId: "s-1", type: "query" });
  const elsewhere = world.open({ api: world.phone.start().api });
  expect(await elsewhere.hasSubscription("BD0003", "s-1")).toBeUndefined();
});

interface SwanQuery {
  subscribeId: string;
  success(answer: object): void;
  fail(failure: object): void;
}

/** QQ's `qq`: the prompt is called otherwise, and has to be told that it is for subscribing. */
function toQq({ requestSubscribeMessage, ...api }: MiniProgramApi, asked: object[]) {
  return {
    ...api,
    subscribeAppMsg: (options: { tmplIds: string[]; subscribe?: boolean; success(result: object): void }) => {
      asked.push({ tmplIds: options.tmplIds, subscribe: options.subscribe });
      const statuses = options.tmplIds.map((id) => [id, id.startsWith("no") ? "reject" : "accept"]);
      options.success({ errMsg: "subscribeAppMsg:ok", ...Object.fromEntries(statuses) });
    },
  };
}

it("asks for QQ's subscriptions by three at once, and reports them as others do", async () => {
  const asked: object[] = [];
  vi.stubGlobal("qq", toQq(world.phone.start().api, asked));
  const collector = createCollector({ url: world.server.url });
  const asking = collector.askConsents(["a", "b", "no1", "c"], { longTerm: ["day"] });
  // Within the tap, before anything is awaited.
  expect(asked).toHaveLength(1);
  const result = await asking;
  expect(asked).toEqual([
    { tmplIds: ["a", "b", "no1"], subscribe: true },
    { tmplIds: ["c"], subscribe: true },
    { tmplIds: ["day"], subscribe: true },
  ]);
  expect(result).toMatchObject({
    accepted: ["a", "b", "c", "day"],
    refused: [{ templateId: "no1", status: "reject" }],
    failed: [],
  });
  await collector.flush();
  const reports = world.server.seen.filter(({ path }) => path === "/consents");
  expect(reports.map(({ body }) => (body as { templates: object }).templates)).toEqual([
    { a: "accept", b: "accept", no1: "reject" },
    { c: "accept" },
    { day: "accept" },
  ]);
});

it("works with my", async () => {
  vi.stubGlobal("my", toMy(world.phone.start().api));
  const now = () => world.nowMs;
  const first = createCollector({ url: world.server.url, now });
  first.add("a");
  await world.phone.settle();
  const collector = createCollector({ url: world.server.url, now });
  expect(collector.pending().codes).toBe(1);
  await collector.flush();
  expect(world.server.seen[0]).toMatchObject({ path: "/login", body: { code: "auth_base-code" } });
  world.server.revoke();
  collector.add("b");
  world.server.script = [{ path: "/login", status: 429, headers: { "retry-after": "60" } }];
  await collector.flush();
  await world.pass(collector, 59_000);
  expect([...world.server.pool.keys()]).toEqual(["a"]);
  world.phone.network = "offline";
  await world.pass(collector, 1000);
  world.phone.network = "up";
  await world.pass(collector, 300_000);
  expect([...world.server.pool.keys()]).toEqual(["a", "b"]);
  const { failed } = await collector.askConsents(["t"]);
  expect(failed).toMatchObject([
    { templateIds: ["t"], why: expect.stringContaining("not on this platform") },
  ]);
});

/** What my.requestSubscribeMessage gives, by the vendor's page of it. */
interface MyPrompt {
  behavior: string;
  show: boolean;
  keep?: boolean;
  refuse?: boolean;
  result?: object;
  [templateId: string]: unknown;
}

/** A client on Alipay whose user answers prompts like this; `asked` gets their templates. */
function openMy(prompts: (MyPrompt | { errorCode?: number; error?: number; errorMessage: string })[]) {
  const asked: string[][] = [];
  const prompt = (options: { entityIds: string[]; success(r: object): void; fail(r: object): void }) => {
    asked.push(options.entityIds);
    const answer = prompts.shift() ?? { errorMessage: "no answer" };
    if ("errorMessage" in answer) options.fail(answer);
    else options.success(answer);
  };
  const my = { ...toMy(world.phone.start().api), requestSubscribeMessage: prompt };
  return { asked, collector: world.open({ api: my as unknown as MiniProgramApi }) };
}

const agreed = (added: string[], all = added, more: Partial<MyPrompt> = {}): MyPrompt => ({
  behavior: "subscribe",
  show: true,
  result: { currentSubscribedEntityIds: added, subscribedEntityIds: all, unsubscribedEntityIds: [] },
  ...Object.fromEntries(all.map((id) => [id, "accept"])),
  ...more,
});

it("asks my for three templates at a time, and counts what each prompt has added", async () => {
  const { asked, collector } = openMy([
    agreed(["a"], ["a"], { b: "reject", c: "reject", refuse: true }),
    agreed(["d"], ["d"], { keep: true }),
  ]);
  const asking = collector.askConsents(["a", "b", "c", "d"]);
  expect(asked).toEqual([["a", "b", "c"]]);
  expect(await asking).toEqual({
    accepted: ["a", "d"],
    refused: ["b", "c"].map((templateId) => ({
      templateId,
      status: "reject",
      why: expect.stringContaining("refused"),
    })),
    failed: [],
  });
  expect(asked).toEqual([["a", "b", "c"], ["d"]]);
  await collector.flush();
  expect([...world.server.reports.values()]).toEqual([
    { a: "accept", b: "reject", c: "reject" },
    { d: "accept" },
  ]);
});

it("does not count what my repeats of an earlier prompt", async () => {
  // Without a prompt, the keys of the templates say what was chosen the last time.
  const silent = { show: false };
  const { collector } = openMy([
    agreed(["a"], ["a", "b"], silent),
    { behavior: "subscribe", show: false, c: "accept" },
  ]);
  const first = await collector.askConsents(["a", "b"]);
  expect(first.accepted).toEqual(["a"]);
  expect(first.refused).toMatchObject([
    { templateId: "b", status: "known", why: expect.stringMatching(/ /) },
  ]);
  const second = await collector.askConsents(["c"]);
  expect(second).toMatchObject({ accepted: [], refused: [{ templateId: "c", status: "known" }] });
});

it("goes by the keys of the templates where my gives no lists", async () => {
  const { collector } = openMy([{ behavior: "subscribe", show: true, a: "accept", b: "reject" }]);
  const result = await collector.askConsents(["a", "b", "c"]);
  expect(result.accepted).toEqual(["a"]);
  expect(result.refused.map(({ templateId, status }) => [templateId, status])).toEqual([
    ["b", "reject"],
    ["c", "missing"],
  ]);
});

it("explains why a prompt of my failed, and reports nothing", async () => {
  const { collector } = openMy([
    { errorCode: 11, errorMessage: "用户取消订阅" },
    { error: 106008, errorMessage: "x" },
    { errorCode: 10, errorMessage: "系统异常" },
  ]);
  const codes = [];
  for (const id of ["a", "b", "c"]) codes.push(...(await collector.askConsents([id])).failed);
  expect(codes).toEqual([
    { templateIds: ["a"], code: 11, why: "cancelled by the user" },
    { templateIds: ["b"], code: 106008, why: "no such template" },
    { templateIds: ["c"], code: 10, why: "系统异常" },
  ]);
  expect(collector.pending().reports).toBe(0);
});

it("lets storage of my fail", async () => {
  const my = { ...toMy(world.phone.start().api), getStorageSync: () => ({ error: 2, errorMessage: "no" }) };
  const collector = world.open({ api: my as unknown as MiniProgramApi });
  collector.add("a");
  await world.phone.settle();
  expect(world.phone.writes).toBe(0);
  expect(collector.pending().codes).toBe(1);
  expect(world.told()).toEqual(["storage"]);
});

it("works in memory where there is no platform at all", async () => {
  const collector = createCollector({ url: world.server.url });
  collector.add("a");
  await collector.flush();
  expect(collector.pending().codes).toBe(1);
  expect((await collector.askConsents(["t"])).failed).toHaveLength(1);
});

it("leaves no rejection unhandled where calls give promises beside callbacks", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const fail = ({ fail }: { fail?(failure: object): void }) => {
    setImmediate(() => fail?.({ errMsg: "fail" }));
    return Promise.reject(new Error("fail"));
  };
  const api = { getStorageSync: () => "", setStorage: fail, request: fail, login: fail };
  const collector = world.open({ api: api as unknown as MiniProgramApi });
  collector.add("a");
  await collector.flush();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  expect(collector.pending().codes).toBe(1);
});

it("survives calls that throw, and a handler of problems that throws", async () => {
  const broken = () => {
    throw new Error("broken");
  };
  const api = {
    getStorageSync: () => "",
    setStorage: broken,
    request: broken,
    login: broken,
    requestSubscribeMessage: broken,
  };
  const collector = world.open({ api, onProblem: broken });
  collector.add("a");
  await collector.flush();
  expect((await collector.askConsents(["t"])).failed).toMatchObject([{ why: "Error: broken" }]);
  expect(collector.pending().codes).toBe(1);
});

it("keeps the app's collector for those who ask for it", () => {
  expect(getCollector()).toBeUndefined();
  const collector = world.open();
  setCollector(collector);
  expect(getCollector()).toBe(collector);
  setCollector(undefined);
});
