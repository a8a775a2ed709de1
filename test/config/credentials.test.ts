import { describe, expect, it } from "vitest";
import { requireAppid, requireCredentials } from "../../src/config/credentials.ts";

const NO_FILES = { read: [], places: ["/here/c.json", "/home/c.json"] };
const VARIABLES = "PUSH_CLI_APPID and PUSH_CLI_APPSECRET (or PUSH_CLI_APPSECRET_FILE)";

describe("credentials", () => {
  it("come both", () => {
    const identity = { appid: "wx1", appsecret: "s3cret" };
    expect(requireCredentials({ ...identity, configFiles: NO_FILES })).toEqual(identity);
  });

  it.each([
    [{}, "no appid and no appsecret given", `set ${VARIABLES}, or put them`],
    [{ appsecret: "s3cret" }, "no appid given", "set PUSH_CLI_APPID, or put it"],
    [
      { appid: "wx1" },
      "no appsecret given",
      "set PUSH_CLI_APPSECRET (or PUSH_CLI_APPSECRET_FILE), or put it",
    ],
  ])("with %j: the error says what is missing and what gives it", (identity, message, advice) => {
    const hint = `${advice} into a configuration file (none found at "/here/c.json", "/home/c.json")`;
    expect(() => requireCredentials({ ...identity, configFiles: NO_FILES })).toThrow(
      expect.objectContaining({ kind: "credentials", message, hint }),
    );
  });

  it("missing: the error names the files that were read", () => {
    const configFiles = { ...NO_FILES, read: ["/home/c.json"] };
    const hint = 'set PUSH_CLI_APPID, or put it into a configuration file (read: "/home/c.json")';
    expect(() => requireCredentials({ appsecret: "s", configFiles })).toThrow(
      expect.objectContaining({ hint }),
    );
    expect(() => requireAppid({ configFiles })).toThrow(
      expect.objectContaining({ message: "no appid given", hint }),
    );
    expect(requireAppid({ appid: "wx1", configFiles })).toBe("wx1");
  });
});
