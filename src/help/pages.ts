import { readFileSync } from "node:fs";
import path from "node:path";
import type { Language } from "./topics.ts";

export interface Page {
  title: string;
  markdown: string;
  /** The page's own, which is English where it is not translated. */
  language: Language;
}

/** Of the sources the pages are beside this file; of the built program in the folder of that name beside its own. */
const FOLDER = path.join(import.meta.dirname, "../help");

/** The page of a topic. Throws the file system's error where there is none, not even in English. */
export function loadPage(topic: string, language: Language, folder = FOLDER): Page {
  const translated = language === "en" ? undefined : readPage(path.join(folder, language, `${topic}.md`));
  const markdown = translated ?? readFileSync(path.join(folder, `${topic}.md`), "utf8");
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? topic;
  return { title, markdown, language: translated === undefined ? "en" : language };
}

function readPage(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // ENOENT: not translated
  }
}

/** The language that a POSIX locale asks for: `zh_CN.UTF-8`. The first of these variables that is not empty counts. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return /^zh/i.test(locale) ? "zh-CN" : "en";
}

/** The topics that a page links to, in its order, each once; from a translated page also to the English ones beside its folder. */
export function linkedTopics(markdown: string): string[] {
  const links = markdown.matchAll(/\]\((?:\.{1,2}\/)?([\w-]+)\.md(?:#[^)]*)?\)/g);
  return [...new Set([...links].map(([, name = ""]) => name))];
}
