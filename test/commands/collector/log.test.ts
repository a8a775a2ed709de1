import { expect, it } from "vitest";
import { openLog } from "../../../src/commands/collector/log.ts";
import { PushCliError } from "../../../src/errors.ts";

const MOST = 10_000;
const now = () => 0;

/** An output whose reader can stop reading. */
function fakeOut() {
  const written: unknown[] = [];
  let go = () => {};
  let gate: Promise<void> | undefined;
  const closing = new AbortController();
  return {
    written,
    closed: closing.signal,
    lines: async (documents: readonly unknown[]) => {
      written.push(...documents);
      await gate;
    },
    stall: () => {
      gate = new Promise((resolve) => {
        go = resolve;
      });
    },
    resume: () => {
      gate = undefined;
      go();
    },
    close: () => closing.abort(),
  };
}

it("writes in order, and is flushed when all is out", async () => {
  const out = fakeOut();
  const log = openLog(out, now);
  log.write({ n: 1 });
  log.write({ n: 2 });
  await log.flushed();
  log.write({ n: 3 });
  await log.flushed();
  expect(out.written).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

it("does not grow while nobody reads, and says how much is left out", async () => {
  const out = fakeOut();
  const log = openLog(out, now);
  out.stall();
  log.write({ n: 0 });
  await Promise.resolve();
  await Promise.resolve();
  expect(out.written).toEqual([{ n: 0 }]);
  for (let n = 1; n <= MOST + 5; n++) log.write({ n });
  out.resume();
  await log.flushed();
  expect(out.written).toHaveLength(1 + MOST + 1);
  expect(out.written.at(-1)).toMatchObject({
    at: "1970-01-01T00:00:00.000Z",
    event: "log_dropped",
    lines: 5,
  });
});

it("throws nothing when its lines can't be written, and writes no more once the reader is gone", async () => {
  const out = fakeOut();
  const lines = async () => {
    throw new PushCliError("output", "cannot write to stdout: disk full");
  };
  const broken = openLog({ ...out, lines }, now);
  broken.write({ n: 1 });
  await broken.flushed();
  out.close();
  const log = openLog(out, now);
  log.write({ n: 1 });
  await log.flushed();
  expect(out.written).toEqual([]);
});
