import { Ajv } from "ajv";
import jsonc from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { configSchema } from "../../src/config/json-schema.ts";
import { checkConfig } from "../../src/config/schema.ts";
import { SETTING_KEYS, SETTINGS } from "../../src/config/setting-keys.ts";
import { renderStarter } from "../../src/config/starter.ts";

const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
for (const word of ["allowComments", "allowTrailingCommas"]) ajv.addKeyword(word);
const validate = ajv.compile(configSchema());

const STARTER = {
  profile: "live",
  production: true,
  redisUrl: "redis://h:6379/0",
  channel: "wechat-template",
  appid: "wx1234567890abcdef",
};
const startingFile = (secretFile?: string) =>
  jsonc.parse(renderStarter({ ...STARTER, secretFile }, "./schema.json"), [], { allowTrailingComma: true });

const GOOD: [string, unknown][] = [
  ["nothing", {}],
  ["what init writes", startingFile()],
  ["what init writes for a secret in a file", startingFile("secret")],
  [
    "profiles, and a schema",
    {
      $schema: "./node_modules/push-cli/dist/push-cli.schema.json",
      redisUrl: "redis://pushcli:password@redis.internal:6379/0",
      appid: "wx1234567890abcdef",
      appsecretFile: "/etc/push-cli/appsecret",
      defaultProfile: "staging",
      profiles: {
        staging: { redisUrl: "redis://127.0.0.1:7400", apiBase: "http://127.0.0.1:8077", production: false },
        qq: { channel: "qq-template", appid: "1109999999", consentCap: 20, tokenMode: "basic" },
      },
    },
  ],
  ["a number as text", { consentCap: "20" }],
];

const BAD: [string, unknown][] = [
  ["an unknown key", { redisUlr: "redis://h" }],
  ["an unknown key in a profile", { profiles: { a: { redisUlr: "redis://h" } } }],
  ["a number for text", { redisUrl: 6379 }],
  ["a value that is none of its choices", { tokenMode: "fast" }],
  ["a secret beside its file", { appsecret: "s", appsecretFile: "f" }],
  [
    "a secret beside its file in a profile",
    { profiles: { a: { callbackToken: "abc", callbackTokenFile: "f" } } },
  ],
  ["a mark for production above the profiles", { production: true }],
  ["a default profile in a profile", { profiles: { a: { defaultProfile: "a" } } }],
  ["a mark that is neither true nor false", { profiles: { a: { production: "yes" } } }],
  ["a list", []],
];

describe("the schema of configuration files", () => {
  it.each(GOOD)("takes %s, as the program does", async (_, document) => {
    expect(validate(document), ajv.errorsText(validate.errors)).toBe(true);
    expect(await checkConfig(document)).toHaveProperty("document");
  });

  it.each(BAD)("refuses %s, as the program does", async (_, document) => {
    expect(validate(document)).toBe(false);
    expect(await checkConfig(document)).toHaveProperty("issues");
  });

  it("says of every setting what it is, at the top and in profiles, and has usable defaults", () => {
    const { properties, definitions } = configSchema() as {
      properties: Record<string, { description?: string; default?: string }>;
      definitions: { profile: { properties: object } };
    };
    for (const key of SETTING_KEYS) {
      expect(properties[key]?.description, key).toContain(SETTINGS[key].hint);
      expect(definitions.profile.properties).toHaveProperty(key);
      const standard = properties[key]?.default;
      if (standard !== undefined) expect(SETTINGS[key].problem(standard), key).toBeUndefined();
    }
  });
});
