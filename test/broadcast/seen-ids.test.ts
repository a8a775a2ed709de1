import { expect, test } from "vitest";
import { SeenIds } from "../../src/broadcast/seen-ids.ts";

test("tells the first sight of an openId from later ones, of thousands", () => {
  const seen = new SeenIds();
  const openIds = Array.from({ length: 20_000 }, (_, i) => `o${i}`);
  for (const openId of openIds) expect(seen.see(openId, openId)).toBe("new");
  for (const openId of openIds) expect(seen.see(openId, openId)).toBe("again");
  for (const openId of openIds) expect(seen.see(openId, "other")).toBe("differs");
  expect(seen.see("o20000", "")).toBe("new");
  expect(seen.see("o20000", "")).toBe("again");
});
