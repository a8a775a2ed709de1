import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { findBuiltProgram } from "../helpers/built-program.ts";
import { ROOT } from "../structure/files.ts";

const require = createRequire(import.meta.url);

/** What is taken of miniprogram-simulate and j-component; their own types want all of the platform's typings. */
interface Simulator {
  load(path: string, options: { rootPath: string }): string;
  render(id: string, properties?: object): Rendered & { attach(parent: object): void; detach(): void };
}

/** The types of the whole DOM would be there for the program, too. */
interface Document {
  body: { appendChild(child: object): object };
  createElement(name: string): object;
}

export interface Rendered {
  readonly dom: { textContent: string } | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: data of whatever page.
  readonly data: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly instance: any;
  querySelector(selector: string): Rendered | undefined;
  dispatchEvent(name: string, options?: { detail?: object }): void;
  setData(data: object): void;
  toJSON(): Markup;
  readonly _exparserNode: { triggerEvent(name: string, detail: object): void };
}

export interface Markup {
  tagName: string;
  attrs: { name: string; value: unknown }[];
  children: (Markup | string)[];
}

/** A folder as a developer has it after "build npm". */
export interface Project {
  readonly folder: string;
  /** Renders a component or a page of it. */
  render(path: string, properties?: object): Rendered;
  /** What `require` of the mini program gives for a file, loaded once until `forget`. */
  load<T>(file: string): T;
  /** The process of the mini program ends: nothing that it had in memory is left. */
  forget(): void;
}

/** The files, with the built package where "build npm" puts it; gone after the last test. Needs the environment jsdom. */
export function useProject(files: Record<string, string> | string): Project {
  const folder = mkdtempSync(join(tmpdir(), "push-cli-mini-"));
  const attached: { detach(): void }[] = [];
  const project: Project = {
    folder,
    render: (path, properties) => {
      const simulator: Simulator = require("miniprogram-simulate");
      const id = simulator.load(join(folder, path), { rootPath: folder });
      const page = simulator.render(id, properties);
      const { document } = globalThis as unknown as { document: Document };
      page.attach(document.body.appendChild(document.createElement("div")));
      attached.push(page);
      return page;
    },
    load: (file) => require(join(folder, file)),
    forget: () => {
      for (const page of attached.splice(0)) page.detach();
      for (const file of Object.keys(require.cache)) if (file.startsWith(folder)) delete require.cache[file];
    },
  };
  writeProject(folder, files);
  afterAll(() => {
    project.forget();
    rmSync(folder, { recursive: true, force: true });
  });
  return project;
}

function writeProject(folder: string, files: Record<string, string> | string): void {
  if (typeof files === "string") cpSync(join(ROOT, files), folder, { recursive: true });
  else
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  const built = join(dirname(findBuiltProgram()), "miniprogram");
  cpSync(built, join(folder, "miniprogram_npm", "push-cli"), { recursive: true });
  // The platform looks there itself; Node's `require` and the simulator have to be led.
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync("../miniprogram_npm/push-cli", join(folder, "node_modules", "push-cli"));
  const page = join(folder, "pages/index/index.json");
  const text = readFileSync(page, "utf8");
  writeFileSync(page, text.replaceAll('"push-cli/', '"/miniprogram_npm/push-cli/'));
}

/**
 * A finger on the element. For a `<push-button>` the form answers as on a phone: the tap bubbles, and the code follows in an event of
 * its own (the simulator's forms and buttons are empty shells). Without `formId`: as on a platform that gives no codes.
 */
export async function tap(page: Rendered, selector: string, formId?: string): Promise<void> {
  const element = page.querySelector(selector);
  if (!element) throw new Error(`the page has no ${selector}`);
  const form = element.querySelector(".push-form");
  const button = form ? element.querySelector(".push-class") : element;
  button?.dispatchEvent("tap");
  await settle();
  const isDisabled = element.data?.disabled;
  if (form && !isDisabled)
    raise(
      page,
      selector,
      ".push-form",
      "submit",
      formId === undefined ? { value: {} } : { value: {}, formId },
    );
  await settle();
}

/** An event of the platform's own element inside a component. Such events don't bubble, those of `dispatchEvent` do. */
export function raise(page: Rendered, selector: string, inner: string, name: string, detail: object): void {
  const element = page.querySelector(selector)?.querySelector(inner);
  if (!element) throw new Error(`the page has no ${inner} in ${selector}`);
  element._exparserNode.triggerEvent(name, detail);
}

/** The simulator raises events in microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
