import { expect, it } from "vitest";
import { SUBSCRIBE_ROWS } from "../../../../src/platforms/wechat/subscribe/errcodes.ts";

const classOf = (errcode: number) =>
  Object.entries(SUBSCRIBE_ROWS).find(([, rows]) => rows.some(([code]) => code === errcode))?.[0];

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
  [-1, "ambiguous"],
])("%d is %s", (errcode, name) => {
  expect(classOf(errcode)).toBe(name);
});

it("has every errcode once", () => {
  const codes = Object.values(SUBSCRIBE_ROWS).flatMap((rows) => rows.map(([code]) => code));
  expect(new Set(codes).size).toBe(codes.length);
});
