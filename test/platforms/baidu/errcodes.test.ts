import { expect, it } from "vitest";
import { SUBSCRIBE_SEND, TEMPLATE_SEND } from "../../../src/platforms/baidu/errcodes.ts";
import { classify } from "../../../src/platforms/errcode/verdicts.ts";

const BOTH: [number | string, string][] = [
  [0, "ok"],
  ["gw/110", "token"],
  ["gw/111", "token"],
  ["gw/4", "quota"],
  ["gw/17", "quota"],
  ["gw/18", "quota"],
  ["gw/19", "quota"],
  ["gw/6", "fatal"],
  ["gw/3", "fatal"],
  ["gw/100", "fatal"],
  ["gw/1", "ambiguous"],
  ["gw/2", "ambiguous"],
  ["gw/999", "unlisted"],
  [2002, "fatal"],
  [30001, "fatal"],
  [40001, "fatal"],
  [4001, "fatal"],
  [6001, "fatal"],
  [4002, "ambiguous"],
  [4010, "user_unknown"],
  // Numbers of the one layer mean nothing in the other.
  [110, "unlisted"],
  ["gw/4003", "unlisted"],
];

it.each([
  ...BOTH,
  [4003, "permission_refused"],
  [4004, "permission_refused"],
  [4007, "unlisted"],
] as typeof BOTH)("template/send: %s is %s", (errcode, name) => {
  expect(classify(TEMPLATE_SEND, errcode).class).toBe(name);
});

it.each([...BOTH, [4007, "permission_gone"], [4003, "unlisted"], [4004, "unlisted"]] as typeof BOTH)(
  "subscribe/send: %s is %s",
  (errcode, name) => {
    expect(classify(SUBSCRIBE_SEND, errcode).class).toBe(name);
  },
);

it("takes no refusal for the proof that an earlier attempt arrived", () => {
  for (const table of [TEMPLATE_SEND, SUBSCRIBE_SEND])
    for (const { afterUncertain } of table.values()) expect(afterUncertain).toBeUndefined();
});
