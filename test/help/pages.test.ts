import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { languageOf, linkedTopics, loadPage } from "../../src/help/pages.ts";
import { TOPICS } from "../../src/help/topics.ts";
import { readFiles } from "../structure/files.ts";

const folder = mkdtempSync(path.join(tmpdir(), "push-cli-pages-"));
mkdirSync(path.join(folder, "zh-CN"));
writeFileSync(path.join(folder, "one.md"), "# One\n\nText.\n");
writeFileSync(path.join(folder, "two.md"), "# Two\n");
writeFileSync(path.join(folder, "zh-CN", "one.md"), "# 一\n\n文字。\n");
afterAll(() => rmSync(folder, { recursive: true }));

it("has a page for each topic, and a topic for each page", () => {
  const pages = [...readFiles("src/help", ".md").keys()]
    .filter((file) => !file.startsWith("src/help/zh-CN/"))
    .map((file) => path.basename(file, ".md"));
  const names = TOPICS.map(({ name }) => name);
  expect(pages.filter((page) => !names.includes(page))).toEqual([]);
  expect(names.filter((name) => !pages.includes(name))).toEqual([]);
});

it("begins each page with its title, and what it is for", () => {
  for (const [file, text] of readFiles("src/help", ".md")) expect(text, file).toMatch(/^# \S.*\n\n[^#\n|`]/);
});

it("takes the translated page, and the English one where there is none", () => {
  expect(loadPage("one", "zh-CN", folder)).toMatchObject({ title: "一", language: "zh-CN" });
  expect(loadPage("two", "zh-CN", folder)).toMatchObject({ title: "Two", language: "en" });
  expect(loadPage("one", "en", folder)).toMatchObject({ title: "One", language: "en" });
  expect(() => loadPage("three", "zh-CN", folder)).toThrow("ENOENT");
});

it.each([
  [{ LANG: "zh_CN.UTF-8" }, "zh-CN"],
  [{ LANG: "en_US.UTF-8", LC_ALL: "zh_TW" }, "zh-CN"],
  [{ LANG: "zh_CN.UTF-8", LC_ALL: "C" }, "en"],
  [{ LANG: "zh_CN.UTF-8", LC_ALL: "", LC_MESSAGES: "en_US.UTF-8" }, "en"],
  [{}, "en"],
])("of %j the language is %s", (env, language) => {
  expect(languageOf(env)).toBe(language);
});

it("finds the pages that a page links to", () => {
  const text =
    "See [a](redis.md), [b](./guarantees.md#its-limits), [again](redis.md#tls), [web](https://x.org/y.md), [c](../client.md).";
  expect(linkedTopics(text)).toEqual(["redis", "guarantees", "client"]);
});
