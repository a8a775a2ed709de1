import { expect, test } from "vitest";
import { type Api, subscribeMessage, TEMPLATES, withApi } from "../api.ts";

const ALICE = { openId: "oAlice", templateId: TEMPLATES.activity };
const BUS = {
  template_id: TEMPLATES.bus,
  data: { thing1: { value: "46路" }, car_number2: { value: "粤A8Z888挂" }, time3: { value: "10:05" } },
};

async function errcodes(api: Api, ...messages: object[]): Promise<unknown[]> {
  const codes = [];
  for (const changes of messages) codes.push((await api.subscribe(subscribeMessage(changes))).json.errcode);
  return codes;
}

test("a consent is one message, answered with a msgid beyond 2^53 as a number", async () => {
  await withApi({}, async (api) => {
    api.sandbox.registerConsents([{ ...ALICE, count: 2 }, ALICE]);
    const first = await api.subscribe();
    expect(first.status).toBe(200);
    expect(first.text).toMatch(/^\{"errcode":0,"errmsg":"ok","msgid":\d{19}\}$/);
    expect(await errcodes(api, {}, {}, {})).toEqual([0, 0, 43101]);
    expect(api.sandbox.stats()).toMatchObject({
      delivered: 3,
      deliveriesByUser: { oAlice: 3 },
      maxPerUser: 3,
      duplicates: 1,
      byErrcode: { 0: 3, 43101: 1 },
      subscribe: { consents: { granted: 3, used: 3, left: 0 } },
    });
  });
});

test("a consent is of one user and one template; without one the answer is 43101", async () => {
  await withApi({}, async (api) => {
    api.sandbox.registerConsents([ALICE]);
    expect(await errcodes(api, { touser: "oBob" }, BUS, {})).toEqual([43101, 43101, 0]);
    expect(api.sandbox.stats().subscribe.byTemplate).toEqual({
      [TEMPLATES.activity]: { delivered: 1, users: 1, maxPerUser: 1, duplicates: 0 },
    });
  });
});

test("a long-term template goes on until the user withdraws", async () => {
  await withApi({}, async (api) => {
    api.sandbox.registerConsents([
      { openId: "oAlice", templateId: TEMPLATES.bus },
      { ...ALICE, count: 5 },
    ]);
    expect(await errcodes(api, BUS, BUS, BUS)).toEqual([0, 0, 0]);
    api.sandbox.withdrawConsents("oAlice", [TEMPLATES.bus]);
    expect(await errcodes(api, BUS, {})).toEqual([43101, 0]);
    expect(api.sandbox.stats().subscribe).toMatchObject({
      byTemplate: { [TEMPLATES.bus]: { delivered: 3, users: 1, maxPerUser: 3, duplicates: 1 } },
      deliveries: { oAlice: { [TEMPLATES.bus]: 3, [TEMPLATES.activity]: 1 } },
      consentsLeft: { oAlice: { [TEMPLATES.bus]: 0, [TEMPLATES.activity]: 4 } },
    });
  });
});

test("of a long-term template so many a day, then 40038, the next day again", async () => {
  const time = { ms: 1_795_000_000_000 };
  await withApi({ acceptAny: true, longTermPerDay: 2, now: () => time.ms }, async (api) => {
    expect(await errcodes(api, BUS, BUS, BUS, { ...BUS, touser: "oBob" })).toEqual([0, 0, 40038, 0]);
    time.ms += 86_400_000;
    api.sandbox.expireTokens();
    const token = String((await api.fetchStable()).json.access_token);
    expect((await api.subscribe(subscribeMessage(BUS), token)).json.errcode).toBe(0);
    expect(api.sandbox.stats().subscribe.consents.used).toBe(4);
  });
});

test("acceptAny takes what nobody registered, but a withdrawal and a spent consent hold", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    expect(await errcodes(api, {}, {})).toEqual([0, 0]);
    api.sandbox.withdrawConsents("oAlice", [TEMPLATES.activity]);
    api.sandbox.registerConsents([{ ...ALICE, openId: "oBob" }]);
    expect(await errcodes(api, {}, { touser: "oBob" }, { touser: "oBob" })).toEqual([43101, 0, 43101]);
  });
});

test.each([
  ["a body that is not JSON", "touser=oAlice", 47001],
  ["a touser that is a number", subscribeMessage({ touser: 1 }), 47001],
  ["data that is a JSON text", subscribeMessage({ data: '{"thing1":{"value":"x"}}' }), 47003],
  ["no data", subscribeMessage({ data: undefined }), 47003],
  ["no touser", subscribeMessage({ touser: undefined }), 40003],
  ["another account's openId", subscribeMessage({ touser: "invalid_1" }), 40003],
  ["a template that the account does not have", subscribeMessage({ template_id: "T" }), 40037],
  ["no template_id", subscribeMessage({ template_id: undefined }), 40037],
  ["a device's template", subscribeMessage({ template_id: TEMPLATES.device }), 40037],
  ["a service card's template", subscribeMessage({ template_id: TEMPLATES.card }), 40037],
  ["a page with a slash in front", subscribeMessage({ page: "/pages/index" }), 41030],
  ["a state that is none", subscribeMessage({ miniprogram_state: "release" }), 47003],
  ["a lang that is none", subscribeMessage({ lang: "fr_FR" }), 47003],
  ["a user who refuses", subscribeMessage({ touser: "refused_1" }), 43101],
])("%s is refused and takes no consent", async (_name, body, errcode) => {
  await withApi({}, async ({ sandbox, subscribe }) => {
    sandbox.registerConsents([ALICE]);
    const { status, json } = await subscribe(body);
    expect(status).toBe(200);
    expect(json).toEqual({ errcode, errmsg: expect.stringMatching(/ rid: [\da-f]+-[\da-f]+-[\da-f]+$/) });
    expect((await subscribe()).json.errcode).toBe(0);
    expect(sandbox.stats()).toMatchObject({ delivered: 1, subscribe: { delivered: 1 } });
  });
});

test("page, state and lang may be left out; a message keeps no more than its own fields", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const least = { page: undefined, miniprogram_state: undefined, lang: undefined };
    expect(await errcodes(api, least, { page: "", lang: "en_US", secret: "hush" })).toEqual([0, 0]);
    expect(api.sandbox.stats().subscribe.lastMessage).toEqual(subscribeMessage({ page: "", lang: "en_US" }));
    expect(api.sandbox.stats().lastMessage).toBeNull();
  });
});

test("a missing token is 41001, an invalid one 40001, an expired one 42001", async () => {
  await withApi({ acceptAny: true }, async ({ sandbox, subscribe, fetchStable }) => {
    const token = String((await fetchStable()).json.access_token);
    sandbox.expireTokens();
    const codes = [];
    for (const given of ["", "made-up", token])
      codes.push((await subscribe(subscribeMessage(), given)).json.errcode);
    expect(codes).toEqual([41001, 40001, 42001]);
  });
});

test("two sends to a user overlap: 43108, over all templates, unless that is turned off", async () => {
  const both = async (api: Api) => {
    await api.subscribe(subscribeMessage({ touser: "oWarm" }));
    const answers = [{}, BUS, { touser: "oBob" }].map((changes) => api.subscribe(subscribeMessage(changes)));
    return (await Promise.all(answers)).map(({ json }) => json.errcode).sort();
  };
  await withApi({ acceptAny: true, latencyMs: 500 }, async (api) => {
    expect(await both(api)).toEqual([0, 0, 43108]);
    expect(api.sandbox.stats().delivered).toBe(3);
    expect(await errcodes(api, {}, BUS)).toEqual([0, 0]);
  });
  await withApi({ acceptAny: true, latencyMs: 100, oneCallPerUser: false }, async (api) => {
    expect(await both(api)).toEqual([0, 0, 0]);
  });
});
