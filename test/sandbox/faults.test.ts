import { expect, test } from "vitest";
import { PushCliError } from "../../src/errors.ts";
import { FAULT_KINDS, type Fault, parseFault } from "../../src/sandbox/sandbox.ts";
import { type Api, message, SEND_PATH, withApi } from "./api.ts";

/** What a sender gets to see of one send: an errcode, an HTTP status with a body that is no answer, or a broken connection. */
async function outcomeOf(api: Api, formId: string): Promise<string> {
  try {
    const { status, text, json } = await api.send(message({ form_id: formId }));
    if (status !== 200) return `http ${status}`;
    return json.errcode === undefined ? `no json: ${text.length > 0}` : `errcode ${json.errcode}`;
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return `broken ${cause?.code}`;
  }
}

test.each([
  ["busy", "errcode -1", 0],
  ["busy-delivered", "errcode -1", 1],
  ["5xx", "http 502", 0],
  ["5xx-after", "http 502", 1],
  ["reset", "broken ECONNRESET", 0],
  ["reset-after", "broken ECONNRESET", 1],
  ["slow", "errcode 0", 1],
  ["garbage", "no json: true", 0],
  ["garbage-after", "no json: true", 1],
  ["token-expiry", "errcode 42001", 0],
  ["minute-quota", "errcode 45011", 0],
  ["day-quota", "errcode 45009", 0],
  ["withdrawn", "errcode 45103", 0],
  ["unlisted", "errcode 99999", 0],
  ["later", "errcode 43108", 0],
  ["truncated", "broken UND_ERR_SOCKET", 1],
  ["errcode-41029", "errcode 41029", 0],
  ["errcode--1000", "errcode -1000", 0],
])("the fault %s shows as %s and delivers %i", async (kind, outcome, delivered) => {
  await withApi({ acceptAny: true, slowMs: 1, faults: [parseFault(`${kind}:100`)] }, async (api) => {
    expect(await outcomeOf(api, "form-1")).toBe(outcome);
    expect(api.sandbox.stats()).toMatchObject({ delivered, codesUsed: delivered, faults: { [kind]: 1 } });
  });
});

test("the table above knows every kind", () => {
  expect(Object.keys(FAULT_KINDS)).toEqual([
    ...[
      "busy",
      "busy-delivered",
      "5xx",
      "5xx-after",
      "reset",
      "reset-after",
      "slow",
      "garbage",
      "garbage-after",
    ],
    ...["token-expiry", "minute-quota", "day-quota", "withdrawn", "unlisted", "later", "truncated"],
  ]);
});

test("a retry with the same code tells a delivered send from one that is not", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    for (const [kind, errcode] of [
      ["reset", 0],
      ["reset-after", 41029],
      ["5xx", 0],
      ["5xx-after", 41029],
    ] as const) {
      api.sandbox.setFaults([{ kind, percent: 100 }]);
      await outcomeOf(api, kind);
      api.sandbox.setFaults([]);
      expect(await outcomeOf(api, kind)).toBe(`errcode ${errcode}`);
    }
    expect(api.sandbox.stats().deliveriesByUser).toEqual({ oAlice: 4 });
  });
});

test("a fault that comes after the judgement hides a refusal too", async () => {
  await withApi({ faults: [parseFault("5xx-after:100")] }, async (api) => {
    expect(await outcomeOf(api, "unknown-code")).toBe("http 502");
    expect(api.sandbox.stats()).toMatchObject({ delivered: 0, byErrcode: {} });
  });
});

test("a slow answer was delivered before the sender gave up", async () => {
  await withApi({ acceptAny: true, faults: [parseFault("slow:100")] }, async (api) => {
    const waiting = outcomeOf(api, "form-1");
    await expect.poll(() => api.sandbox.stats().delivered).toBe(1);
    api.sandbox.setFaults([]);
    expect(await outcomeOf(api, "form-1")).toBe("errcode 41029");
    await api.sandbox.close();
    expect(await waiting).toMatch(/^broken/);
  });
});

test("token-expiry expires every token, once", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const basic = String((await api.fetchToken()).json.access_token);
    api.sandbox.setFaults([parseFault("token-expiry:100")]);
    expect(await outcomeOf(api, "form-1")).toBe("errcode 42001");
    api.sandbox.setFaults([]);
    expect((await api.send(message(), basic)).json.errcode).toBe(42001);
    const fresh = String((await api.fetchStable()).json.access_token);
    expect((await api.send(message(), fresh)).json.errcode).toBe(0);
  });
});

test("the day quota stays used up, faults or no faults, until a reset", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    api.sandbox.setFaults([parseFault("day-quota:100")]);
    await outcomeOf(api, "form-1");
    api.sandbox.setFaults([]);
    expect(await outcomeOf(api, "form-1")).toBe("errcode 45009");
    api.sandbox.reset();
    const token = String((await api.fetchStable()).json.access_token);
    expect((await api.send(message(), token)).json.errcode).toBe(0);
  });
});

/** The outcomes of 200 sends, one after the other. */
async function run(seed: number, faults: Fault[]): Promise<string[]> {
  const outcomes: string[] = [];
  await withApi({ acceptAny: true, seed, faults }, async (api) => {
    for (let i = 0; i < 200; i += 1) outcomes.push(await outcomeOf(api, `f${i}`));
  });
  return outcomes;
}

test("the same seed meets the same faults, in whatever order they are given; another seed does not", async () => {
  const faults = [parseFault("busy:20"), parseFault("errcode-45047:10"), parseFault("5xx:20")];
  const first = await run(7, faults);
  expect(await run(7, faults.toReversed())).toEqual(first);
  expect(await run(8, faults)).not.toEqual(first);
  expect(new Set(first)).toEqual(new Set(["errcode 0", "errcode -1", "http 502", "errcode 45047"]));
});

test("setting the faults again replays them", async () => {
  await withApi({ acceptAny: true }, async (api) => {
    const rounds: string[][] = [];
    for (const round of ["a", "b"]) {
      api.sandbox.setFaults([parseFault("busy:50")]);
      const outcomes: string[] = [];
      for (let i = 0; i < 40; i += 1) outcomes.push(await outcomeOf(api, `${round}${i}`));
      rounds.push(outcomes);
    }
    expect(rounds[1]).toEqual(rounds[0]);
  });
});

test("a percentage is about that share of the sends; 0 never happens", async () => {
  const outcomes = await run(1, [parseFault("busy:25%"), parseFault("5xx:0")]);
  const busy = outcomes.filter((outcome) => outcome === "errcode -1").length;
  expect(busy).toBeGreaterThan(25);
  expect(busy).toBeLessThan(75);
  expect(outcomes).not.toContain("http 502");
});

test("the token calls meet no faults", async () => {
  await withApi({ faults: [parseFault("reset:100")] }, async ({ fetchStable, fetchToken }) => {
    expect((await fetchStable()).json.expires_in).toBe(7200);
    expect((await fetchToken()).json.expires_in).toBe(7200);
  });
});

test.each([
  ["busy:5", { kind: "busy", percent: 5 }],
  ["reset-after:0.5%", { kind: "reset-after", percent: 0.5 }],
  [" slow : .25 % ", { kind: "slow", percent: 0.25 }],
  ["errcode-43104:100", { kind: "errcode-43104", percent: 100 }],
])("parseFault reads %j", (text, fault) => {
  expect(parseFault(text)).toEqual(fault);
});

test.each([
  "busy",
  "busy:",
  "busy:101",
  "busy:-1",
  "busy:1e1",
  "busy:5%%",
  "bussy:5",
  "errcode-:5",
  "errcode-0:5",
  "toString:5",
])("parseFault refuses %j as a usage error that quotes it", (text) => {
  const error = errorOf(() => parseFault(text));
  expect(error.kind).toBe("usage");
  expect(error.message).toContain(text.split(":")[0]);
});

test("the error for an unknown kind lists the kinds", () => {
  const { hint } = errorOf(() => parseFault("bussy:5"));
  for (const kind of [...Object.keys(FAULT_KINDS), "errcode-<n>"]) expect(hint).toContain(kind);
});

test("latency holds back the answer, not the delivery, and an abandoned one does no harm", async () => {
  await withApi({ acceptAny: true, latencyMs: 20 }, async ({ sandbox, send, fetchToken }) => {
    const token = String((await fetchToken()).json.access_token);
    const abort = new AbortController();
    const url = `${sandbox.url}${SEND_PATH}?access_token=${token}`;
    const abandoned = fetch(url, { method: "POST", body: JSON.stringify(message()), signal: abort.signal });
    await expect.poll(() => sandbox.stats().delivered, { interval: 1 }).toBe(1);
    abort.abort();
    await expect(abandoned).rejects.toThrow("abort");
    expect((await send()).json.errcode).toBe(41029);
  });
});

function errorOf(body: () => unknown): PushCliError {
  try {
    body();
  } catch (error) {
    if (error instanceof PushCliError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
