import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../structure/files.ts";

const CLIENT = path.join(ROOT, "src/client/index.ts");
const TYPINGS = path.join(ROOT, "node_modules/miniprogram-api-typings/index.d.ts");

/** What the compiler says of a mini program's code: WeChat's typings, the language of ES2017, nothing of Node. */
function compile(code: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "push-cli-client-"));
  const file = path.join(folder, "app.ts");
  const text = `/// <reference path="${TYPINGS}" />\nimport { createCollector } from "${CLIENT}";\n${code}\n`;
  writeFileSync(file, text);
  const options = "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck";
  const language = "--target es2017 --lib es2017 --module esnext --moduleResolution bundler";
  const extra = "--allowImportingTsExtensions --ignoreConfig --types";
  const args = [...`${options} ${language} ${extra}`.split(" "), "", file];
  try {
    return execFileSync(process.execPath, [path.join(ROOT, "node_modules/typescript/bin/tsc"), ...args], {
      encoding: "utf8",
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("fits WeChat's typings, and speaks no newer language than ES2017", () => {
  const code = `
    const collector = createCollector({ url: "https://collect.example.com", api: wx });
    const request: typeof wx.request = collector.wrapRequest(wx.request);
    request({ url: "https://example.com" });`;
  expect(compile(code)).toBe("");
});

it("finds a global object that is none of a mini program's", () => {
  const code = `createCollector({ url: "https://collect.example.com", api: { request: wx.request } });`;
  expect(compile(code)).toContain("TS2739");
});
