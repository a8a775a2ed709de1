import { type Project, type Rendered, tap } from "./mini-program.ts";
import type { Phone } from "./phone.ts";

export interface Example {
  readonly page: Rendered;
  readonly app: {
    collector: Collector;
    request: Request;
  };
  /** Taps "Order"; `formId`: the code that the platform gives. */
  order(formId?: string): Promise<void>;
  /** Taps "Tell me when it ships". */
  ask(): Promise<void>;
}

interface Collector {
  add(formId: string): void;
  flush(): Promise<void>;
  pending(): { codes: number; reports: number };
}

type Request = (options: { url: string }) => unknown;

/** The user opens the example mini program. What ran before is dead; what it had stored is there. */
export function openExample(project: Project, phone: Phone, config: object): Example {
  project.forget();
  const world = globalThis as unknown as Record<string, unknown>;
  world.wx = phone.boot();
  Object.assign(project.load<object>("config.js"), config);
  let app = {} as Example["app"] & Lifecycle;
  world.App = (definition: typeof app) => {
    app = definition;
  };
  world.getApp = () => app;
  project.load("app.js");
  app.onLaunch();
  app.onShow();
  world.Page = ({ data, onShow, ...methods }: { data: object; onShow(): void }) =>
    (world.Component as (definition: object) => void)({ data, methods, pageLifetimes: { show: onShow } });
  const page = project.render("pages/index/index");
  return {
    page,
    app,
    order: (formId) => phone.touch(() => tap(page, "#order", formId)),
    ask: () => phone.touch(() => tap(page, "#ask")),
  };
}

interface Lifecycle {
  onLaunch(): void;
  onShow(): void;
}
