import { afterEach, describe, expect, it } from "vitest";
import { type CollectorPlatform, LoginFailed } from "../../../src/collector/ports.ts";
import { PushCliError } from "../../../src/errors.ts";
import { withApi } from "../../sandbox/api.ts";
import { freePort, type HttpDouble, serveBody, serveHttp } from "../servers.ts";
import { openPlatform } from "./collectors.ts";

const SECRET = "s3cret&of the app";
const CODE = "0a1Bc2+/=d";
let server: HttpDouble | undefined;
let platform: CollectorPlatform | undefined;

afterEach(async () => {
  await platform?.close();
  await server?.close();
  server = undefined;
  platform = undefined;
});

/** A platform whose API answers so. */
async function openWith(body: string | object, status = 200, prefix = ""): Promise<CollectorPlatform> {
  server = await serveBody(typeof body === "string" ? body : JSON.stringify(body), status);
  platform = await openPlatform(server.base + prefix, () => ({ appid: "wx1", appsecret: SECRET }));
  return platform;
}

/** How the login fails. Whatever it says, it holds no secret. */
async function failureOf(login: Promise<string>): Promise<LoginFailed> {
  const error = await login.then(
    (openId) => new Error(`it gave ${openId}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LoginFailed)) throw error;
  for (const secret of [
    SECRET,
    encodeURIComponent(SECRET),
    "s3cret",
    CODE,
    encodeURIComponent(CODE),
    "hunter2",
  ])
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(secret);
  return error;
}

it("asks by GET, under the prefix, with all four parameters, and gives the openId alone", async () => {
  const { login } = await openWith({ openid: "oUser_1-x", session_key: "hunter2", unionid: "u" }, 200, "/wx");
  expect(await login(CODE)).toBe("oUser_1-x");
  expect(server?.received).toHaveLength(1);
  const { method, url = "" } = server?.received[0] ?? {};
  const asked = new URL(url, "http://api");
  expect({ method, path: asked.pathname, ...Object.fromEntries(asked.searchParams) }).toEqual({
    method: "GET",
    path: "/wx/sns/jscode2session",
    appid: "wx1",
    secret: SECRET,
    js_code: CODE,
    grant_type: "authorization_code",
  });
});

it("logs in by a code of the sandbox, once", async () => {
  await withApi({}, async ({ sandbox, call }) => {
    platform = await openPlatform(sandbox.url);
    const { code } = (await call("POST", "/sandbox/login", { openId: "oAlice" })).json;
    expect(await platform.login(String(code))).toBe("oAlice");
    expect(await failureOf(platform.login(String(code)))).toMatchObject({ code: "refused", errcode: 40163 });
    expect(await failureOf(platform.login("nobody's"))).toMatchObject({ code: "refused", errcode: 40029 });
    const wrong = await openPlatform(sandbox.url, () => ({ appid: "wx-sandbox", appsecret: "wrong" }));
    expect(await failureOf(wrong.login("any"))).toMatchObject({ code: "misconfigured", errcode: 40125 });
    await wrong.close();
  });
});

describe("an errcode", () => {
  it.each([
    [40029, "refused"],
    [40163, "refused"],
    [41008, "refused"],
    [40226, "refused"],
    [-1, "busy"],
    [-1000, "busy"],
    [45009, "busy"],
    [45011, "busy"],
    [40001, "misconfigured"],
    [40002, "misconfigured"],
    [40013, "misconfigured"],
    [40125, "misconfigured"],
    [40164, "misconfigured"],
    [40243, "misconfigured"],
    [41002, "misconfigured"],
    [41004, "misconfigured"],
    [48004, "misconfigured"],
    [77777, "misconfigured"],
  ])("%d means %s", async (errcode, code) => {
    const { login } = await openWith({ errcode, errmsg: `bad ${SECRET} ${CODE} hints: [a1]` });
    const error = await failureOf(login(CODE));
    expect(error).toMatchObject({ code, errcode, message: expect.stringContaining(`errcode ${errcode}`) });
    expect(server?.received).toHaveLength(1);
  });

  it("tells what to do about settings, and what the API says of an unknown one", async () => {
    const { login } = await openWith({ errcode: 40125, errmsg: "invalid appsecret" });
    expect((await failureOf(login(CODE))).message).toMatch(/AppSecret invalid; check PUSH_CLI_APPID/);
    await server?.close();
    const other = await openWith({
      errcode: 77777,
      errmsg: `new thing, secret=${SECRET} rid: 65aa0001-1f2e3d4c`,
    });
    expect((await failureOf(other.login(CODE))).message).toBe(
      'errcode 77777, "new thing, secret=[redacted]"',
    );
  });
});

it.each([
  ["no JSON", "<html>hunter2</html>", 200],
  ["nothing", "", 200],
  ["an array", "[]", 200],
  ["no openId", { session_key: "hunter2" }, 200],
  ["an empty openId", { openid: "", session_key: "hunter2" }, 200],
  ["an openId that can't stand in a key", { openid: "{a} b", session_key: "hunter2" }, 200],
  ["an openId that is a number", { openid: 7 }, 200],
  ["HTTP 502", "<html>", 502],
  ["HTTP 503 with an errcode", { errcode: 40029 }, 503],
  ["HTTP 429", "", 429],
])("an answer of %s: busy", async (_, body, status) => {
  const { login } = await openWith(body, status);
  expect(await failureOf(login(CODE))).toMatchObject({ code: "busy", errcode: undefined });
  expect(server?.received).toHaveLength(1);
});

it.each([404, 301, 403])("HTTP %d without an errcode: another address than the API's", async (status) => {
  const { login } = await openWith("<html>", status);
  expect(await failureOf(login(CODE))).toMatchObject({ code: "misconfigured" });
});

it("an API that can't be reached, or says nothing, is busy", async () => {
  platform = await openPlatform(`http://127.0.0.1:${await freePort()}`);
  expect(await failureOf(platform.login(CODE))).toMatchObject({ code: "busy" });
  await platform.close();
  server = await serveHttp((response) => response.destroy());
  platform = await openPlatform(server.base);
  expect(await failureOf(platform.login(CODE))).toMatchObject({ code: "busy" });
  await server.close();
  server = await serveHttp(() => {});
  platform = await openPlatform(server.base);
  expect(await failureOf(platform.login(CODE))).toMatchObject({ code: "busy", message: /no answer within/ });
});

it.each(["", " ", "a b", "x".repeat(257), "é", "a\r\nb"])(
  "%j is no login code: nobody is asked",
  async (code) => {
    const { login } = await openWith({ openid: "oUser1" });
    expect(await failureOf(login(code))).toMatchObject({ code: "refused" });
    expect(server?.received).toHaveLength(0);
  },
);

it("without credentials it is a matter of the settings", async () => {
  platform = await openPlatform("http://127.0.0.1:1", () => {
    throw new PushCliError("credentials", "no AppSecret is set");
  });
  expect(await failureOf(platform.login(CODE))).toMatchObject({
    code: "misconfigured",
    message: "no AppSecret is set",
  });
});

it("keeps its connection from login to login", async () => {
  const { login } = await openWith({ openid: "oUser1" });
  for (let i = 0; i < 20; i++) await login(CODE);
  expect(server?.connections()).toBeLessThan(10);
});

it("an address that can't be used is told before anybody logs in", async () => {
  await expect(openPlatform("ftp://api")).rejects.toMatchObject({ kind: "config" });
});
