import { expect, it } from "vitest";
import { classify } from "../../../../src/platforms/errcode/verdicts.ts";
import { SUBSCRIBE_SEND } from "../../../../src/platforms/wechat/subscribe/errcodes.ts";

it.each([
  [0, "ok"],
  [40001, "token"],
  [42001, "token"],
  [43101, "permission_gone"],
  [40003, "user_unknown"],
  [40038, "not_today"],
  [47003, "message_refused"],
  [45168, "message_refused"],
  [43108, "later"],
  [45047, "quota"],
  [45009, "fatal"],
  [40037, "fatal"],
  [41030, "fatal"],
  [43104, "fatal"],
  [47001, "fatal"],
  [89501, "fatal"],
  [89503, "fatal"],
  [89506, "fatal"],
  [89507, "fatal"],
  [-1, "ambiguous"],
  [41029, "unlisted"],
])("%d is %s", (errcode, name) => {
  expect(classify(SUBSCRIBE_SEND, errcode).class).toBe(name);
});

it("takes no refusal for the proof that an earlier attempt arrived", () => {
  for (const { afterUncertain } of SUBSCRIBE_SEND.values()) expect(afterUncertain).toBeUndefined();
});
