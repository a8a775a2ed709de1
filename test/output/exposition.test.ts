import fc from "fast-check";
import { expect, it } from "vitest";
import { renderMetrics } from "../../src/output/exposition.ts";
import { parseExposition } from "../helpers/exposition.ts";

it("comes back as it went in, whatever the labels hold", () => {
  const sample = fc.record({
    labels: fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string({ unit: "binary" }), { maxKeys: 3 }),
    value: fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true })),
  });
  const samples = fc.uniqueArray(sample, {
    selector: ({ labels }) => JSON.stringify(Object.entries(labels).sort()),
    maxLength: 5,
  });
  fc.assert(
    fc.property(samples, samples, (one, two) => {
      const metrics = [
        { name: "one", help: 'of "a" \\ and\na line', samples: one },
        { name: "two", help: "of two", samples: two },
      ];
      fc.pre(one.length + two.length > 0);
      const all = metrics.flatMap(({ name, samples }) =>
        samples.map(({ labels, value }) => ({ name, labels: { ...labels }, value: value + 0 })),
      );
      const read = parseExposition(renderMetrics(metrics));
      expect(read.map((one) => ({ ...one, value: one.value + 0 }))).toEqual(all);
    }),
  );
});

it("leaves out a metric without samples", () => {
  expect(renderMetrics([{ name: "none", help: "of none", samples: [] }])).toBe("");
});
