import { expect, it } from "vitest";
import { load, useFolder } from "./folder.ts";

useFolder();

it.each(["0", "-1", "many", "1.5", "1000000"])("refuses %s for a number of consents", async (consentCap) => {
  await expect(load({ consentCap })).rejects.toMatchObject({
    kind: "usage",
    message: `--consent-cap: "${consentCap}" is not a number of consents`,
  });
});

it.each([
  ["180", "has no unit"],
  ["0d", "must be greater than zero"],
  ["half a year", "is not a duration"],
])("refuses %s for the age of consents", async (value, why) => {
  await expect(load({}, { PUSH_CLI_CONSENT_MAX_AGE: value })).rejects.toMatchObject({
    kind: "config",
    message: `PUSH_CLI_CONSENT_MAX_AGE: "${value}" ${why}`,
  });
});
