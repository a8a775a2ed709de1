import { expect, test } from "vitest";
import { FAULT_KINDS, parseFault } from "../../../src/sandbox/sandbox.ts";
import { type Api, subscribeMessage, TEMPLATES, withApi } from "../api.ts";

async function outcomeOf({ subscribe }: Api): Promise<string> {
  try {
    const { status, json } = await subscribe();
    if (status !== 200) return `http ${status}`;
    return json.errcode === undefined ? "no json" : `errcode ${json.errcode}`;
  } catch {
    return "broken";
  }
}

const OUTCOMES: [kind: string, outcome: string, delivered: number][] = [
  ["busy", "errcode -1", 0],
  ["busy-delivered", "errcode -1", 1],
  ["5xx", "http 502", 0],
  ["5xx-after", "http 502", 1],
  ["reset", "broken", 0],
  ["reset-after", "broken", 1],
  ["slow", "errcode 0", 1],
  ["garbage", "no json", 0],
  ["garbage-after", "no json", 1],
  ["token-expiry", "errcode 42001", 0],
  ["minute-quota", "errcode 45011", 0],
  ["day-quota", "errcode 45009", 0],
  ["withdrawn", "errcode 45103", 0],
  ["unlisted", "errcode 99999", 0],
  ["later", "errcode 43108", 0],
  ["truncated", "broken", 1],
];

test("the table below knows every kind", () => {
  expect(OUTCOMES.map(([kind]) => kind)).toEqual(Object.keys(FAULT_KINDS));
});

test.each([...OUTCOMES, ["errcode-45168", "errcode 45168", 0] as const])(
  "the fault %s shows as %s, delivers %i and takes as many consents",
  async (kind, outcome, delivered) => {
    await withApi({ slowMs: 1, faults: [parseFault(`${kind}:100`)] }, async (api) => {
      api.sandbox.registerConsents([{ openId: "oAlice", templateId: TEMPLATES.activity }]);
      expect(await outcomeOf(api)).toBe(outcome);
      expect(api.sandbox.stats()).toMatchObject({
        delivered,
        faults: { [kind]: 1 },
        subscribe: { delivered, consents: { used: delivered, left: 1 - delivered } },
      });
    });
  },
);

test("a fault that comes after the judgement hides a refusal too", async () => {
  await withApi({ faults: [parseFault("reset-after:100")] }, async (api) => {
    expect(await outcomeOf(api)).toBe("broken");
    expect(api.sandbox.stats()).toMatchObject({ delivered: 0, byErrcode: {} });
  });
});

test("an outage stops sends and questions alike, of the token endpoints alone neither", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const token = String((await api.fetchStable()).json.access_token);
    const list = async () =>
      (await api.call("GET", `/wxaapi/newtmpl/gettemplate?access_token=${token}`)).status;
    await api.call("POST", "/sandbox/outage", '"0:60s:502"');
    expect([await list(), (await api.subscribe(subscribeMessage(), token)).status]).toEqual([502, 502]);
    await api.call("POST", "/sandbox/outage", '"0:60s:token-502"');
    expect([await list(), (await api.subscribe(subscribeMessage(), token)).status]).toEqual([200, 200]);
  });
});
