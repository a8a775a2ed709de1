import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { ReportData } from "../../src/report/data.ts";
import { renderReport } from "../../src/report/page.ts";
import { giveUsers, interrupt, setFaults, useFolder, useWorld } from "../broadcast/world.ts";
import { type Opened, useBrowser } from "../helpers/browser.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { makeData, makeRecord, makeRun, START_MS, threeRuns } from "./fixture.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HOSTILE = `<script>alert(1)</script>"'><img src=http://127.0.0.1:9/x onerror=alert(2)> ${"שלום مرحبا 👩‍👩‍👧 ".repeat(3)}${"long".repeat(200)}`;

const world = useWorld({ sandbox: { latencyMs: 5 } });
const dir = useFolder();
const browser = useBrowser();

const SCREENS = [
  ["a phone, light", { width: 360, height: 740 }, "light"],
  ["a phone, dark", { width: 360, height: 740 }, "dark"],
  ["a wide screen, light", { width: 1280, height: 900 }, "light"],
  ["a wide screen, dark", { width: 1280, height: 900 }, "dark"],
] as const;

const run = (...argv: string[]) =>
  runCli(argv, { env: cliEnv(world.redis.url, world.sandbox.url), cwd: dir });

/** A broadcast that was interrupted and resumed, with every kind of answer, and a page of it. */
async function reportOfAll(): Promise<{ file: string; result: BroadcastResult }> {
  await giveUsers(world, 400);
  for (let i = 0; i < 5; i++) await world.redis.push(`poor${i}`, "not ours");
  setFaults(world, "busy:5", "reset-after:2", "errcode-43101:4", "unlisted:2");
  const message = [
    "--keywords",
    `"Order 42","${HOSTILE.replaceAll('"', '""')}"`,
    "--page",
    "pages/order?id=42",
  ];
  const args = [...message, "--emphasis", "1", "--id", "spring", "--rate", "150/s", "--max-errors", "300"];
  await interrupt(world, args, () => world.sandbox.stats().requests > 150);
  const argv = ["broadcast", "resume", "spring", "--yes", "--json", "--max-errors", "300"];
  const result = (await run(...argv)).json<BroadcastResult>();
  expect(result.status).toBe("finished");
  const { code, stderr } = await run("broadcast", "report", "spring", "--html", "all.html");
  expect([code, stderr]).toEqual([0, expect.stringContaining(`wrote "${join(dir, "all.html")}" (`)]);
  return { file: join(dir, "all.html"), result };
}

async function shoot({ page }: Opened, name: string): Promise<void> {
  const folder = process.env.PUSH_CLI_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name.replaceAll(/\W+/g, "-")}.png`), fullPage: true });
}

/** Run in the page, where it has a document. */
const OVERFLOW = `
  const { scrollWidth, clientWidth } = document.documentElement;
  const isWide = (element) => element.getBoundingClientRect().right > clientWidth + 0.5;
  const all = [...document.querySelectorAll("body *")].filter((one) => !one.closest("svg, .bands"));
  ({ by: scrollWidth - clientWidth, wide: all.filter(isWide).map((one) => one.outerHTML.slice(0, 100)) });`;

/** What anybody who opens the page may expect of it. */
async function expectSound(opened: Opened): Promise<void> {
  const { page, requests, complaints } = opened;
  expect(complaints).toEqual([]);
  expect(requests).toEqual([]);
  const overflow = await page.evaluate(OVERFLOW);
  expect(overflow).toEqual({ by: 0, wide: [] });
  await page.evaluate(AXE);
  const { violations, passes } = (await page.evaluate("axe.run()")) as AxeResults;
  const shown = violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    at: nodes.map(({ html }) => html),
  }));
  expect(shown).toEqual([]);
  expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(["color-contrast", "document-title"]));
}

test("the page of a broadcast that was interrupted and resumed, on every screen and on paper", async () => {
  const { file, result } = await reportOfAll();
  const { outcomes } = result;
  for (const [name, viewport, colorScheme] of SCREENS) {
    const opened = await browser.open(file, { viewport, colorScheme, deviceScaleFactor: 1 });
    await shoot(opened, name);
    await expectSound(opened);
    const { page } = opened;
    const text = await page.innerText("body");
    for (const words of [`${outcomes.sent} of 405 users`, "interrupted (SIGINT)", "done with its audience"])
      expect(text, name).toContain(words);
    expect(text).toContain("<script>alert(1)</script>");
    await page.close();
  }
});

const LINE = {
  ...{
    openId: "o",
    outcome: "failed" as const,
    attempts: 1,
    errcode: "X",
    errmsg: null,
    msgid: null,
    formId: null,
    variant: null,
  },
  at: new Date(START_MS).toISOString(),
};
const running = { alive: true, ended: false, over: false, open: 12 };
const NOTHING = { series: undefined, stopped: undefined, version: undefined, outcomes: undefined };
/** More runs than have room, some of them at the same time. */
const manyRuns = () => Array.from({ length: 40 }, (_, i) => makeRun(Math.floor(i / 2) * 7, 3, 1 + i));
const hostile = () => ({
  ...makeRecord({ id: "b".repeat(64), status: "stopped", reason: HOSTILE }),
  message: {
    ...{ templateId: "T".repeat(128), title: HOSTILE, page: HOSTILE, options: { emphasis: "2" } },
    fields: ["a", HOSTILE, "\u202eevil\u0007"].map((value, i) => ({
      name: `thing${i}`,
      label: HOSTILE,
      value,
    })),
    variants: {
      seed: "s",
      list: [{ name: HOSTILE, share: 0.5, fields: [{ name: HOSTILE, value: HOSTILE }] }],
    },
  },
});

const LOOKS: [name: string, data: () => ReportData][] = [
  ["one that is scheduled", () => makeData(makeRecord({ status: "scheduled" }), [])],
  ["one that runs", () => makeData(makeRecord({ status: "running" }), [makeRun(0, 9, 0.4, running)])],
  ["one of an older version", () => makeData(makeRecord(), [makeRun(0, 9, 5, NOTHING)])],
  ["many runs", () => makeData(makeRecord({ status: "paused" }), manyRuns())],
  [
    "hostile texts",
    () =>
      makeData(
        hostile(),
        [makeRun(0, 1, 5, { user: HOSTILE, errors: [{ errcode: HOSTILE, errmsg: HOSTILE, count: 1 }] })],
        {
          ...{
            channel: HOSTILE,
            settings: [[HOSTILE, HOSTILE]],
            meaningOf: () => HOSTILE,
            remedyOf: () => HOSTILE,
          },
          missed: { ...{ total: 1, command: HOSTILE, isFull: true }, lines: [{ ...LINE, openId: HOSTILE }] },
        },
      ),
  ],
  ["three runs", () => makeData(makeRecord(), threeRuns(), { filtered: [["--match", 1234]] })],
];

test.each(LOOKS)("the page of %s", async (name, data) => {
  const file = join(dir, `${name.replaceAll(" ", "-")}.html`);
  writeFileSync(file, renderReport(data()));
  // Of each width and each scheme one.
  for (const [screen, viewport, colorScheme] of [SCREENS[1], SCREENS[2]]) {
    const opened = await browser.open(file, { viewport, colorScheme });
    await shoot(opened, `${name} ${screen}`);
    await expectSound(opened);
    await opened.page.close();
  }
});

test("on paper: light even where the screen is dark, and nothing cut off at the margin", async () => {
  const file = join(dir, "paper.html");
  writeFileSync(file, renderReport(makeData(makeRecord(), threeRuns())));
  const { page } = await browser.open(file, { colorScheme: "dark" });
  const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true });
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  // Three pages at most: it is something to hand over.
  expect(pdf.toString("latin1").match(/\/Type \/Page\b(?!s)/g)?.length).toBeLessThanOrEqual(3);
  if (process.env.PUSH_CLI_SCREENSHOTS)
    writeFileSync(join(process.env.PUSH_CLI_SCREENSHOTS, "paper.pdf"), pdf);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 690, height: 1000 });
  expect(await page.evaluate(OVERFLOW)).toEqual({ by: 0, wide: [] });
  expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
  expect(await page.evaluate("getComputedStyle(document.body).color")).toBe("rgb(26, 30, 38)");
});
