import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { ROOT } from "../structure/files.ts";

const START_MS = 60_000;
/** Of each step in a page. */
const STEP_MS = 30_000;

export interface TestBrowser {
  open(file: string, options?: BrowserContextOptions): Promise<Opened>;
}

export interface Opened {
  page: Page;
  /** What the browser asked for, the page itself apart. */
  requests: string[];
  /** What it complained of. */
  complaints: string[];
}

/** The Chromium of this machine, which `npm test` has installed, for a test file. Every wait in it is bounded. */
export function useBrowser(): TestBrowser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: await pathOfChromium(), timeout: START_MS });
  });
  afterAll(() => browser?.close());
  return {
    open: async (file, options = {}) => {
      const context = await browser!.newContext(options);
      context.setDefaultTimeout(STEP_MS);
      const page = await context.newPage();
      const opened: Opened = { page, requests: [], complaints: [] };
      const url = pathToFileURL(file).href;
      page.on("request", (request) => {
        if (request.url() !== url) opened.requests.push(request.url());
      });
      page.on("console", (message) => opened.complaints.push(`${message.type()}: ${message.text()}`));
      page.on("pageerror", (error) => opened.complaints.push(String(error)));
      page.on("dialog", (dialog) => {
        opened.complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      await page.goto(url, { waitUntil: "load", timeout: STEP_MS });
      return opened;
    },
  };
}

async function pathOfChromium(): Promise<string> {
  const url = pathToFileURL(path.join(ROOT, "bin/setup/chromium.mjs")).href;
  const { findChromium }: { findChromium(): string | undefined } = await import(url);
  const command = findChromium();
  if (command === undefined)
    throw new Error("there is no Chromium on PATH; install it by: node bin/setup.mjs --with-chromium");
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const { existsSync } = await import("node:fs");
  if (path.isAbsolute(command)) return command;
  return folders.map((folder) => path.join(folder, command)).find((file) => existsSync(file)) ?? command;
}
