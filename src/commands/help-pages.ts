import { languageOf, linkedTopics, loadPage, type Page } from "../help/pages.ts";
import { type Language, TOPICS } from "../help/topics.ts";
import { renderMarkdown } from "../output/markdown/render.ts";
import type { Deps } from "./deps.ts";

export interface PageFlags {
  lang?: Language | undefined;
  /** False with --no-pager. */
  pager?: boolean;
}

/** Shows a page of the manual: rendered, paged on a terminal; with --json as it is written. */
export async function showPage({ io, out }: Deps, topic: string, flags: PageFlags): Promise<void> {
  const wanted = flags.lang ?? languageOf(io.env);
  const { title, markdown, language } = loadPage(topic, wanted);
  if (out.format === "json") return out.json({ topic, title, markdown });
  if (flags.lang && language !== wanted)
    out.talk(`'${topic}' is not available in ${wanted}; showing English`);
  const text = await renderMarkdown(
    markdown + seeAlso(topic, { title, markdown, language }),
    out.columns,
    out.style,
  );
  await out.page(text, { pager: flags.pager !== false });
}

/** Links of a page lead nowhere on a terminal. */
function seeAlso(topic: string, { markdown, language }: Page): string {
  const names = linkedTopics(markdown).filter(
    (name) => name !== topic && TOPICS.some((one) => one.name === name),
  );
  if (names.length === 0) return "";
  const title = language === "en" ? "See also" : "另见";
  return `\n\n## ${title}\n\n${names.map((name) => `- \`push-cli help ${name}\``).join("\n")}\n`;
}
