import { describe, expect, it } from "vitest";
import { chooseProxy } from "../../src/config/proxy.ts";
import { loadSettings } from "../../src/config/settings.ts";

const API = "https://api.weixin.qq.com";
const P = "http://proxy:3128/";

describe("the proxy of an API", () => {
  it.each<
    [base: string, setting: string | undefined, env: Record<string, string>, proxy: string | undefined]
  >([
    [API, undefined, {}, undefined],
    [API, "http://proxy:3128", {}, P],
    [API, "proxy:3128", {}, P],
    [API, "https://u:p%40@proxy", {}, "https://u:p%40@proxy/"],
    [API, undefined, { HTTPS_PROXY: "http://proxy:3128" }, P],
    [API, undefined, { https_proxy: "proxy:3128", HTTPS_PROXY: "http://other" }, P],
    [API, undefined, { https_proxy: "", HTTPS_PROXY: "proxy:3128" }, P],
    [API, undefined, { HTTP_PROXY: "http://proxy:3128" }, undefined],
    ["http://127.0.0.1:8077", undefined, { HTTP_PROXY: "proxy:3128" }, P],
    ["http://127.0.0.1:8077", undefined, { HTTP_PROXY: "proxy:3128", REQUEST_METHOD: "GET" }, undefined],
    ["http://127.0.0.1:8077", undefined, { http_proxy: "proxy:3128", REQUEST_METHOD: "GET" }, P],
    ["http://127.0.0.1:8077", undefined, { HTTPS_PROXY: "proxy:3128" }, undefined],
    [API, "none", { HTTPS_PROXY: "proxy:3128" }, undefined],
    [API, "", { HTTPS_PROXY: "proxy:3128" }, undefined],
    [API, "proxy:3128", { HTTPS_PROXY: "http://other", NO_PROXY: "*" }, P],
  ])("%s, setting %s, %j: %s", (base, setting, env, proxy) => {
    expect(chooseProxy(base, setting, env)).toBe(proxy);
  });

  it.each<[base: string, noProxy: string, exempt: boolean]>([
    [API, "*", true],
    [API, "api.weixin.qq.com", true],
    [API, "API.Weixin.QQ.com", true],
    [API, "qq.com", true],
    [API, ".qq.com", true],
    [API, "*.qq.com", true],
    [API, "q.com", false],
    [API, "weixin", false],
    [API, "localhost, qq.com", true],
    [API, "localhost qq.com", true],
    [API, "qq.com:443", true],
    [API, "qq.com:8443", false],
    [API, "", false],
    [API, ",", false],
    ["https://10.1.2.3", "10.1.2.3", true],
    ["https://10.1.2.3", "10.0.0.0/8", true],
    ["https://11.1.2.3", "10.0.0.0/8", false],
    ["https://10.1.2.3", "10.0.0.0/x", false],
    ["https://10.1.2.3:8443", "10.1.2.3:8443", true],
    ["https://10.1.2.3:8443", "10.1.2.3:443", false],
    ["https://110.1.2.3", "10.1.2.3", false],
    ["https://[::1]:8443", "::1", true],
    ["https://[::1]:8443", "[::1]:8443", true],
    ["https://[fd00::1]", "fd00::/8", true],
    ["https://127.0.0.1:1", "localhost", false],
  ])("is spared %s by NO_PROXY=%s: %s", (base, noProxy, exempt) => {
    const env = { https_proxy: "proxy:3128" };
    expect(chooseProxy(base, undefined, { ...env, NO_PROXY: noProxy }) === undefined).toBe(exempt);
    // An empty one is as good as none.
    const other = noProxy === "" ? "localhost" : "*";
    expect(chooseProxy(base, undefined, { ...env, no_proxy: noProxy, NO_PROXY: other }) === undefined).toBe(
      exempt,
    );
  });

  it("is spared what NO_PROXY names where no_proxy is empty", () => {
    const env = { https_proxy: "proxy:3128", no_proxy: "", NO_PROXY: "*" };
    expect(chooseProxy(API, undefined, env)).toBeUndefined();
  });
});

describe("what is no proxy", () => {
  it.each([
    ["socks5://user:s3cret@proxy:1080", "is not an http or https proxy"],
    ["http://user:s3cret@", "is not a proxy URL"],
    ["http://user:s3cret%@proxy", "is not a proxy URL"],
    ["user:s3cret@pro xy", "is not a proxy URL"],
  ])("is refused without its password: %s", async (value, problem) => {
    const failures = [
      await loadSettings({ proxy: value }, { env: {}, cwd: "/nonexistent" }).catch((error) => error),
      await loadSettings({}, { env: { PUSH_CLI_PROXY: value }, cwd: "/nonexistent" }).catch((error) => error),
      caught(() => chooseProxy(API, undefined, { HTTPS_PROXY: value })),
    ];
    expect(failures.map(({ kind }) => kind)).toEqual(["usage", "config", "config"]);
    const names = ["--proxy", "PUSH_CLI_PROXY", "HTTPS_PROXY"];
    for (const [i, { message, hint }] of failures.entries()) {
      expect(message).toMatch(new RegExp(`^${names[i]}: ".*" ${problem}$`));
      expect(message + hint).not.toContain("s3cret");
    }
  });
});

function caught(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return error as { kind: string; message: string; hint: string };
  }
  return expect.fail("went well");
}
