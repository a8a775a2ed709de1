import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { giveUsers, interrupt, setFaults, TEMPLATE, useFolder, useWorld } from "../broadcast/world.ts";
import { type Opened, useBrowser } from "../helpers/browser.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";

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

const run = (...argv: string[]) => runCli(argv, { env: cliEnv(world.redis.url, world.sandbox.url), cwd: dir });

/** A broadcast that was interrupted and resumed, with every kind of answer, and a page of it. */
async function reportOfAll(): Promise<{ file: string; result: BroadcastResult }> {
  await giveUsers(world, 400);
  for (let i = 0; i < 5; i++) await world.redis.push(`poor${i}`, "not ours");
  setFaults(world, "busy:5", "reset-after:2", "errcode-43101:4", "unlisted:2");
  const message = ["--keywords", `"Order 42","${HOSTILE.replaceAll('"', '""')}"`, "--page", "pages/order?id=42"];
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

/** What anybody who opens the page may expect of it. */
async function expectSound(opened: Opened): Promise<void> {
  const { page, requests, complaints } = opened;
  expect(complaints).toEqual([]);
  expect(requests).toEqual([]);
  const overflow = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const wide = [...document.querySelectorAll("body *")].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 0.5 && !element.closest("svg, .bands"),
    );
    return { by: scrollWidth - clientWidth, wide: wide.map((element) => element.outerHTML.slice(0, 100)) };
  });
  expect(overflow).toEqual({ by: 0, wide: [] });
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(
    () => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const shown = violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.map(({ html }) => html) }));
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
