import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../../src/broadcast/channel.ts";
import { draw } from "../../src/broadcast/draw.ts";
import { assignVariants, asVariant, createMessages, createTexts } from "../../src/broadcast/variants.ts";
import { parseVariants } from "../../src/commands/broadcast/variants.ts";
import { PushCliError } from "../../src/errors.ts";

const NAME = fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/);
const VALUE = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !/["\r\n,]/.test(text));

/** Percentages in hundredths that add up to 100%. */
const SHARES = fc
  .uniqueArray(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 8 })
  .map((cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), 10_000];
    return at.slice(1).map((end, i) => end - at[i]!);
  });

test("names, shares and values are read as they were written, whatever the values hold", async () => {
  const variants = SHARES.chain((shares) =>
    fc.uniqueArray(NAME, { minLength: shares.length, maxLength: shares.length }).chain((names) =>
      fc.tuple(
        ...names.map((name, i) =>
          fc.record({ values: fc.array(VALUE, { minLength: 2, maxLength: 4 }) }).map(({ values }) => ({
            name,
            values,
            percent: shares[i]! / 100,
          })),
        ),
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(variants, async (given) => {
      const texts = given.map(({ name, percent, values }) => `${name}:${percent}%=${values.join(",")}`);
      const read = (await parseVariants({ variant: texts }))!;
      expect(read.map(({ name, values }) => ({ name, values }))).toEqual(
        given.map(({ name, values }) => ({ name, values })),
      );
      for (const [i, { share }] of read.entries()) expect(share).toBeCloseTo(given[i]!.percent / 100, 9);
    }),
  );
});

test("variants without a share have equal parts of the rest; other sums are refused", async () => {
  const share = fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(fc.array(share, { minLength: 2, maxLength: 6 }), async (hundredths) => {
      const texts = hundredths.map((one, i) => `v${i}${one === undefined ? "" : `:${one / 100}%`}=x${i}`);
      const sum = hundredths.reduce<number>((all, one = 0) => all + one, 0);
      const open = hundredths.filter((one) => one === undefined).length;
      const isRight = open === 0 ? sum === 10_000 : sum < 10_000;
      const read = await parseVariants({ variant: texts }).catch((error) => error as unknown);
      if (!isRight) {
        expect(read).toBeInstanceOf(PushCliError);
        return;
      }
      const rest = (10_000 - sum) / open;
      expect((read as { share: number }[]).map((one) => one.share * 10_000)).toEqual(
        hundredths.map((one) => expect.closeTo(one ?? rest, 4)),
      );
    }),
  );
});

const LIST = SHARES.map((shares) =>
  shares.map((share, i) => ({
    name: `v${i}`,
    share: share / 10_000,
    fields: [{ name: "keyword1", value: `${i}` }],
  })),
);

test("a user gets the variant within whose part of the shares the draw lies: always the same one", () => {
  fc.assert(
    fc.property(LIST, fc.string(), fc.array(fc.string(), { maxLength: 50 }), (list, seed, openIds) => {
      const { count, placeOf } = assignVariants({ seed, list })!;
      const again = assignVariants(JSON.parse(JSON.stringify({ seed, list })))!;
      expect(count).toBe(list.length);
      for (const openId of openIds) {
        const place = placeOf(openId);
        const drawn = draw(seed, "variant", openId);
        const before = list.slice(0, place).reduce((sum, { share }) => sum + share, 0);
        expect(drawn).toBeGreaterThanOrEqual(before - 1e-9);
        if (place < count - 1) expect(drawn).toBeLessThan(before + list[place]!.share + 1e-9);
        expect(again.placeOf(openId)).toBe(place);
      }
    }),
  );
});

test("of many users, each variant gets its share", () => {
  const USERS = 20_000;
  fc.assert(
    fc.property(LIST, fc.string(), (list, seed) => {
      const { placeOf } = assignVariants({ seed, list })!;
      const counts = list.map(() => 0);
      for (let i = 0; i < USERS; i++) counts[placeOf(`oUser${i}`)]!++;
      // Five standard deviations at most, of a binomial distribution.
      for (const [i, { share }] of list.entries())
        expect(Math.abs(counts[i]! - USERS * share)).toBeLessThan(
          5 * Math.sqrt(USERS * share * (1 - share)) + 2,
        );
    }),
    { numRuns: 20 },
  );
});

test("texts and whole messages are those of the user's variant, with the values of the user's row", () => {
  const text = fc.constantFrom("plain", "{{a}}", "to {{b}}!", "{{{{", "{{a}}{{b}}");
  const fields = fc.array(text, { minLength: 2, maxLength: 2 });
  fc.assert(
    fc.property(
      fc.array(fields, { minLength: 2, maxLength: 4 }),
      fc.string(),
      fc.string(),
      (texts, a, openId) => {
        const list = texts.map((values, i) => ({
          name: `v${i}`,
          share: 1 / texts.length,
          fields: values.map((value, at) => ({ name: `keyword${at + 1}`, value })),
        }));
        const message: Message = {
          templateId: "t",
          fields: list[0]!.fields,
          page: "p?{{a}}",
          columns: ["a", "b"],
          variants: { seed: "s", list },
        };
        const place = assignVariants(message.variants)!.placeOf(openId);
        const filled = texts[place]!.map((one) =>
          one === "{{{{" ? "{{" : one.replaceAll("{{a}}", () => a).replaceAll("{{b}}", "B"),
        );
        const own = createTexts(message)!.of(openId, [a, "B"]);
        expect(own).toEqual({ values: filled, page: `p?${a}` });
        const whole = createMessages(message)(openId, [a, "B"]);
        expect(whole.fields.map(({ value }) => value)).toEqual(filled);
        expect(whole.page).toBe(`p?${a}`);
        expect(createMessages(message)(openId)).toEqual(asVariant(message, place));
      },
    ),
  );
});
