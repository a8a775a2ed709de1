import { createRequire } from "node:module";

/** As much of a document as the tests look at; jsdom brings no types. */
export interface Dom {
  readonly id: string;
  readonly lang: string;
  readonly textContent: string | null;
  readonly children: { length: number };
  querySelector(selector: string): Dom | null;
  querySelectorAll(selector: string): Iterable<Dom> & { length: number };
  getAttribute(name: string): string | null;
}

export interface DomDocument extends Dom {
  readonly body: Dom;
  readonly documentElement: Dom;
}

const { JSDOM } = createRequire(import.meta.url)("jsdom") as {
  JSDOM: new (markup: string) => { window: { document: DomDocument } };
};

export function parseDocument(markup: string): DomDocument {
  return new JSDOM(markup).window.document;
}

/** The text of an element, with single spaces. */
export function textOf(element: Dom | null): string | undefined {
  return element?.textContent?.replace(/\s+/g, " ").trim();
}
