import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { TOPICS } from "../../src/help/topics.ts";
import { displayWidth } from "../../src/output/width.ts";
import { runCli } from "../helpers/cli.ts";
import { ROOT, readFiles } from "../structure/files.ts";
import { followLink, outlineOf, type Section } from "./outline.ts";

/** Topics that have to be there in Chinese. */
const TRANSLATED = [
  ...["broadcast", "audience", "suppress", "scheduling", "subscribe-messages"],
  ...["templates", "guarantees", "channels"],
  ...["pools", "import-export", "collector"],
  ...["environment", "doctor", "redis", "tokens", "cron"],
  ...["exit-codes", "formatting", "logs", "monitoring", "troubleshooting", "cookbook"],
  ...["client", "sandbox-and-demo", "comparison"],
];

const FOLDER = "src/help/zh-CN";
const README = `${FOLDER}/README.md`;
/** The English file of each Chinese one. */
const ORIGINALS = new Map(
  [...readFiles(FOLDER, ".md").keys()].map((file) => [
    file,
    file === README ? "README.md" : path.join("src/help", path.basename(file)),
  ]),
);
const GLOSSARY = "\n## 术语表\n";
const BLOCK = /^ *```.*\n[\s\S]*?^ *```$/gm;

// The examples are not translated: what changes in an English page is copied.
if (process.env.UPDATE_EXAMPLES) for (const pair of ORIGINALS) copyExamples(...pair);

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

it("has the README and the main topics, and nothing that is no topic", () => {
  const names = [...ORIGINALS.keys()].map((file) => path.basename(file, ".md"));
  expect(names).toEqual(expect.arrayContaining(["README", ...TRANSLATED]));
  const known = ["README", ...TOPICS.map(({ name }) => name)];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});

it("leads from each README to the other", () => {
  expect(read("README.md").split("\n").slice(0, 4)).toContain(`[简体中文](${README})`);
  expect(read(README).split("\n").slice(0, 4)).toContain("[English](../../../README.md)");
});

it("shows the Chinese page to those who read Chinese", async () => {
  const { code, stdout, stderr } = await runCli(["help", "redis"], { env: { LANG: "zh_CN.UTF-8" } });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^Redis\n=+\n\n如何/);
  const seeAlso = stdout.slice(stdout.indexOf("\n另见\n"));
  // The first is translated, the second is not.
  for (const topic of ["guarantees", "development"]) expect(seeAlso).toContain(`push-cli help ${topic}`);
});

it.each(TRANSLATED)("shows '%s' in Chinese within 80 columns", async (topic) => {
  const { code, stdout, stderr } = await runCli(["help", topic, "--lang", "zh-CN"]);
  expect([code, stderr]).toEqual([0, ""]);
  const lines = stdout.split("\n").filter((line) => !line.startsWith("    "));
  expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
});

describe.each([...ORIGINALS])("%s, held against %s,", (file, original) => {
  const theirs = outlineOf(read(original));
  const ours = outlineOf(withoutGlossary(read(file)));
  const ofEach = (what: (section: Section) => unknown) => [ours.map(what), theirs.map(what)];

  it("has headings of the same levels in the same order", () => {
    const [found, wanted] = ofEach(({ level }) => level);
    expect(found).toEqual(wanted);
  });

  it("has the same examples, byte for byte, in the same sections", () => {
    const [found, wanted] = ofEach(({ blocks }) => blocks);
    expect(found).toEqual(wanted);
  });

  it("has tables of the same columns and rows in the same sections", () => {
    const [found, wanted] = ofEach(({ tables }) => tables);
    expect(found).toEqual(wanted);
  });

  it("names the same commands, options, keys and values in each section", () => {
    const [found, wanted] = ofEach(({ code }) => code);
    expect(found).toEqual(wanted);
  });

  it("gives the same numbers in each section", () => {
    const [found, wanted] = ofEach(({ numbers }) => numbers);
    expect(found).toEqual(wanted);
  });

  it("links to the same headings and files in each section, in Chinese where they are", () => {
    const linksOf = (sections: Section[], from: string, isOurs: boolean) =>
      sections.map(({ links }) => links.flatMap((href) => targetOf(from, href, isOurs)).sort());
    expect(linksOf(ours, file, true)).toEqual(linksOf(theirs, original, false));
  });
});

/** Where a block was added or went, nothing is copied: the tests say so. */
function copyExamples(file: string, original: string): void {
  const blocks = read(original).match(BLOCK) ?? [];
  const text = read(file);
  if (text.match(BLOCK)?.length === blocks.length)
    writeFileSync(
      path.join(ROOT, file),
      text.replace(BLOCK, () => blocks.shift() ?? ""),
    );
}

function withoutGlossary(text: string): string {
  return text.slice(0, text.includes(GLOSSARY) ? text.indexOf(GLOSSARY) + 1 : undefined);
}

/**
 * Where a link leads, alike for both languages: a file that is to be linked to from the Chinese page, and the number of the
 * heading in it. None for the links from one README to the other.
 */
function targetOf(from: string, href: string, isOurs: boolean): string[] {
  if (/^https?:/.test(href)) return [href];
  const { to, anchor } = followLink(from, href);
  if ([from, to].includes("README.md") && [from, to].includes(README)) return [];
  const heading =
    anchor === "" ? "" : `#${outlineOf(read(to)).findIndex((section) => section.anchor === anchor)}`;
  const translation = [...ORIGINALS].find(([, original]) => original === to)?.[0];
  return [`${isOurs ? to : (translation ?? to)}${heading}`];
}
