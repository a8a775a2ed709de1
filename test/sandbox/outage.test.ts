import { connect } from "node:net";
import { expect, test } from "vitest";
import { OUTAGE_KINDS, parseOutage } from "../../src/sandbox/sandbox.ts";
import { withApi } from "./api.ts";

test.each([
  ["5s:60s", { after: { ms: 5000 }, forMs: 60_000, kind: "502", tokenOnly: false }],
  ["1000:1.5s:reset", { after: { sends: 1000 }, forMs: 1500, kind: "reset", tokenOnly: false }],
  ["0:250ms:token-busy", { after: { sends: 0 }, forMs: 250, kind: "busy", tokenOnly: true }],
  ["1m:2m:silent", { after: { ms: 60_000 }, forMs: 120_000, kind: "silent", tokenOnly: false }],
])("%s is read", (text, outage) => {
  expect(parseOutage(text)).toEqual(outage);
});

test.each([
  "",
  "5s",
  "5s:",
  ":5s",
  "5s:60",
  "-1:5s",
  "5s:5s:odd",
  "5s:5s:502:x",
  "5h:5s",
  "0:1s:token-refuse",
])('"%s" is refused, with the kinds', (text) => {
  expect(() => parseOutage(text)).toThrow(`"${text}" is not an outage`);
  try {
    parseOutage(text);
  } catch (error) {
    for (const kind of Object.keys(OUTAGE_KINDS))
      expect(error).toHaveProperty("hint", expect.stringContaining(kind));
  }
});

test("is down after so many sends, for so long; nothing is delivered meanwhile", async () => {
  let now = 1_000_000;
  const options = { acceptAny: true, now: () => now, outage: parseOutage("1:10s") };
  await withApi(options, async ({ sandbox, send, call }) => {
    expect((await send()).json).toMatchObject({ errcode: 0 });
    const down = await send();
    expect(down.status).toBe(502);
    expect(down.text).toContain("502 Bad Gateway");
    expect((await call("GET", "/sandbox/stats")).json).toMatchObject({ faults: { "outage-502": 1 } });
    now += 9999;
    expect((await send()).status).toBe(502);
    now += 1;
    expect((await send()).json).toMatchObject({ errcode: 41029 });
    expect(sandbox.stats().delivered).toBe(1);
    sandbox.reset();
    expect((await send()).status, "tokens are gone, and the count starts anew").toBe(200);
  });
});

test("a time counts from the first request", async () => {
  let now = 1_000_000;
  const options = { acceptAny: true, now: () => now, outage: parseOutage("5s:5s:html") };
  await withApi(options, async ({ send }) => {
    now += 60_000;
    expect((await send()).json).toMatchObject({ errcode: 0 });
    now += 5000;
    expect((await send()).text).toContain("<title>Welcome to Hotel Wi-Fi</title>");
  });
});

test("set and ended by a request; the token endpoints alone", async () => {
  await withApi({ acceptAny: true }, async ({ call, send, fetchStable }) => {
    await send();
    expect((await call("POST", "/sandbox/outage", '"0:1m:token-busy"')).json).toEqual({
      outage: "0:1m:token-busy",
    });
    expect((await fetchStable()).json).toMatchObject({ errcode: -1 });
    expect((await send()).json).toMatchObject({ errcode: 41029 });
    await call("POST", "/sandbox/outage", "null");
    expect((await fetchStable()).json).toHaveProperty("access_token");
    const bad = await call("POST", "/sandbox/outage", "5");
    expect([bad.status, bad.text]).toEqual([400, expect.stringContaining("not a JSON string")]);
  });
});

test.each(["reset", "refuse"])("%s: connections end, and come back", async (kind) => {
  await withApi({ acceptAny: true, outage: parseOutage(`1:2s:${kind}`) }, async ({ sandbox, send }) => {
    await send();
    await expect(send()).rejects.toThrow();
    const refused = await new Promise((resolve) => {
      const socket = connect(sandbox.port, "127.0.0.1");
      socket
        .once("connect", () => resolve("connected"))
        .once("error", (error) => resolve(Reflect.get(error, "code")));
      socket.once("connect", () => socket.destroy());
    });
    expect(refused).toBe(kind === "refuse" ? "ECONNREFUSED" : "connected");
    await expect
      .poll(
        () =>
          send().then(
            ({ json }) => json.errcode,
            () => "down",
          ),
        { timeout: 60_000 },
      )
      .toBe(41029);
  });
});
