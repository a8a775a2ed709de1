import { SECRET_KEYS, SETTING_KEYS, SETTINGS, type SettingKey, secretFileKey } from "./setting-keys.ts";

/** A JSON Schema, or a part of one. */
export type JsonSchema = Record<string, unknown>;

/**
 * The schema of configuration files, for editors and for `push-cli schema config`: keys, types, allowed values. Draft 7,
 * which all editors support. A file that conforms may still be invalid: `config check` checks more.
 */
export function configSchema(): JsonSchema {
  const settings = settingSchemas();
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "push-cli.config.json",
    description: "Settings of push-cli. Flags and PUSH_CLI_ variables take precedence over the file.",
    // An extension of VS Code.
    allowComments: true,
    allowTrailingCommas: true,
    ...section({
      $schema: { type: "string", description: "Schema of this file, for editors." },
      defaultProfile: {
        type: "string",
        minLength: 1,
        description: "The profile to use when neither --profile nor PUSH_CLI_PROFILE names one.",
      },
      profiles: {
        type: "object",
        description:
          "Profiles by name. Their settings take precedence over those at the top level of the file.",
        additionalProperties: { $ref: "#/definitions/profile" },
      },
      ...settings,
    }),
    definitions: {
      profile: section({
        production: {
          type: "boolean",
          description: "Whether prompts and previews show the profile in red, as production.",
          default: false,
        },
        ...settings,
      }),
    },
  };
}

/** Allows no other keys, and not both a secret and its file. */
function section(properties: JsonSchema): JsonSchema {
  const alone = SECRET_KEYS.map((key) => ({ not: { required: [key, secretFileKey(key)] } }));
  return { type: "object", additionalProperties: false, properties, allOf: alone };
}

function settingSchemas(): JsonSchema {
  return Object.fromEntries([
    ...SETTING_KEYS.map((key) => [key, settingSchema(key)]),
    ...SECRET_KEYS.map((key) => [
      secretFileKey(key),
      { type: "string", minLength: 1, description: `File that contains only the ${key}.` },
    ]),
  ]);
}

function settingSchema(key: SettingKey): JsonSchema {
  const { what, hint, form, choices, default: standard } = SETTINGS[key];
  return {
    type: form === "count" ? ["integer", "string"] : "string",
    description: `${what}\n${hint}`,
    ...(choices && { enum: choices }),
    ...(standard !== undefined && { default: standard }),
  };
}
