import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { redactUrls } from "../../src/config/redact-url.ts";
import { LOG_LEVELS } from "../../src/log.ts";
import { openProgramLog } from "../../src/output/log.ts";

const folder = mkdtempSync(path.join(tmpdir(), "push-cli-log-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function openBoth() {
  const file = path.join(folder, `log-${files++}`);
  const shown: string[] = [];
  const log = openProgramLog({
    shown: { level: "debug", say: (text) => shown.push(text) },
    file: { path: file, level: "debug" },
    redact: redactUrls,
    warn: (text) => shown.push(text),
    now: () => 0,
  });
  if (!log) throw new Error("no log");
  return { log, shown, lines: () => readFileSync(file, "utf8") };
}

const secret = fc.oneof(
  fc.string({ minLength: 8, maxLength: 40 }),
  fc.string({ unit: "grapheme", minLength: 8, maxLength: 20 }),
  fc.base64String({ minLength: 12, maxLength: 44 }),
);
const level = fc.constantFrom(...LOG_LEVELS);
/** Where a secret may get into what is told of. */
const PLACES = [
  (text: string) => text,
  (text: string) => `before ${text} after`,
  (text: string) => `redis://user:${encodeURIComponent(text)}@host:6379/0: refused`,
  (text: string) => `POST /x?access_token=${encodeURIComponent(text)}&y=1`,
  (text: string) => JSON.stringify({ appsecret: text }),
  (text: string) => new URLSearchParams({ secret: text }).toString(),
];

it("no line has a secret in it, whatever its characters, wherever it came in", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(secret, { minLength: 1, maxLength: 4 }),
      level,
      fc.constantFrom(...PLACES),
      (secrets, at, place) => {
        const { log, shown, lines } = openBoth();
        for (const one of secrets) log.hide(one);
        for (const one of secrets) {
          const text = place(one);
          log[at]?.("event", text, { text, list: [text, 1], deep: { text: { text } } });
          log.said("warn", "warn", text);
        }
        log.close();
        const texts = [...shown, ...lines().trimEnd().split("\n").flatMap(stringsIn)];
        expect(texts.length).toBeGreaterThan(secrets.length * 5);
        for (const one of secrets) {
          const encoded = encodeURIComponent(one);
          expect(texts.filter((text) => text.includes(one) || text.includes(encoded))).toEqual([]);
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** The texts of a line, as whoever reads the JSON gets them, and the line itself. */
function stringsIn(line: string): string[] {
  const found: string[] = [line];
  JSON.parse(line, (_key, value) => {
    if (typeof value === "string") found.push(value);
    return value;
  });
  return found;
}

it("a file gets the levels that it asked for, and stderr its own", () => {
  const file = path.join(folder, "levels");
  const shown: string[] = [];
  const log = openProgramLog({
    shown: { level: "warn", say: (text) => shown.push(text) },
    file: { path: file, level: "info" },
    redact: (text) => text,
    warn: () => undefined,
    now: () => 1_500,
  });
  expect(log?.debug).toBeUndefined();
  log?.info("token", "from Redis", { source: "store" });
  log?.warn("library", "odd");
  log?.close();
  expect(shown).toEqual([expect.stringMatching(/^\d\d:\d\d:01\.500 library: odd$/)]);
  expect(
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line && JSON.parse(line)),
  ).toEqual([
    { at: "1970-01-01T00:00:01.500Z", level: "info", event: "token", message: "from Redis", source: "store" },
    { at: "1970-01-01T00:00:01.500Z", level: "warn", event: "library", message: "odd" },
    "",
  ]);
});

it("there is no log for nobody", () => {
  expect(openProgramLog({ redact: (text) => text, warn: () => undefined, now: () => 0 })).toBeUndefined();
});

it("what is told can be read before the log is closed: a killed process leaves it behind", () => {
  const { log, lines } = openBoth();
  log.debug?.("redis", "GET x");
  log.info("sweep", "begins");
  expect(lines().split("\n")).toHaveLength(3);
  log.close();
});

it("a disk that is full ends the log, not the work", () => {
  const shown: string[] = [];
  const log = openProgramLog({
    file: { path: "/dev/full", level: "info" },
    redact: (text) => text,
    warn: (text) => shown.push(text),
    now: () => 0,
  });
  for (let i = 0; i < 3; i++) log?.info("sweep", "begins");
  log?.close();
  expect(shown).toEqual([
    'warning: cannot write the log "/dev/full": the disk is full; the log is incomplete',
  ]);
});
