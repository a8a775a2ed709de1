import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { type Collector, createCollector } from "../../src/client/index.ts";
import { type CollectorServer, startCollectorServer } from "./collector-server.ts";
import { FakePhone, type Network } from "./fake-wx.ts";

const MAX = 8;
const HOUR = 3_600_000;
const WEEK = 168 * HOUR;

type Step =
  | { kind: "add"; count: number }
  | { kind: "flush" | "tap while flushing" | "restart" | "power off" | "revoke" }
  | { kind: "wait"; hours: number }
  | { kind: "network"; next: Network[] }
  | { kind: "server"; status: number; code: string }
  | { kind: "storage"; is: "work" | "fail" };

const network = fc.constantFrom<Network>("up", "offline", "lost", "timeout", "portal");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add"), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("flush", "tap while flushing", "restart", "power off", "revoke"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait"), hours: fc.integer({ min: 1, max: 100 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("network"), next: fc.array(network, { maxLength: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("server"),
      status: fc.constantFrom(400, 401, 413, 429, 500, 503),
      code: fc.constantFrom("bad_request", "too_large", "unauthorized", "redis_unavailable"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("storage"), is: fc.constantFrom("work", "fail") }),
  },
) as fc.Arbitrary<Step>;

interface Named {
  formId: string;
}

/** A phone, and what must not be lost of it. */
class Model {
  readonly phone = new FakePhone();
  nowMs = Date.UTC(2026, 0, 1);
  /** Codes that must get to the server, with the time when they were collected. */
  readonly owed = new Map<string, number>();
  readonly faults: string[] = [];
  #run = this.phone.start();
  #collector: Collector;
  #ids = 0;
  readonly #server: CollectorServer;

  constructor(server: CollectorServer) {
    this.#server = server;
    this.#collector = this.#open();
    // Nothing leaves storage unless the server knows it, or it had to go by age or number.
    this.phone.onWrite = (before, after) => {
      for (const id of storedIds(before))
        if (!storedIds(after).includes(id) && this.owed.has(id) && !server.pool.has(id)) this.faults.push(id);
    };
  }

  #open(): Collector {
    return createCollector({
      url: this.#server.url,
      api: this.#run.api,
      now: () => this.nowMs,
      maxCodes: MAX,
      batch: 3,
      onProblem: ({ what, detail }) => {
        if (what === "dropped") for (const { formId } of detail as Named[]) this.#excuse(formId);
        // The server said of this one alone that it is unusable.
        if (what === "refused")
          for (const { formId } of (detail as { items: Named[] }).items) this.owed.delete(formId);
      },
    });
  }

  /** What goes by number or age, and may, is owed no more. */
  #excuse(formId: string): void {
    const at = this.owed.get(formId);
    const { codes } = this.#collector ? this.#collector.pending() : { codes: 0 };
    if (at !== undefined && codes < MAX && this.nowMs - at < WEEK) this.faults.push(`${formId} dropped`);
    this.owed.delete(formId);
  }

  #add(): void {
    const id = `code-${++this.#ids}`;
    this.owed.set(id, this.nowMs);
    this.#collector.add(id);
  }

  async take(one: Step): Promise<void> {
    if (one.kind === "add") for (let i = 0; i < one.count; i++) this.#add();
    else if (one.kind === "flush") await this.#flush();
    else if (one.kind === "tap while flushing") {
      const flushing = this.#collector.flush();
      await this.phone.settle();
      this.#add();
      await flushing;
    } else if (one.kind === "restart") await this.restart();
    else if (one.kind === "power off") this.#die();
    else if (one.kind === "revoke") this.#server.revoke();
    else if (one.kind === "wait") {
      this.nowMs += one.hours * HOUR;
      vi.advanceTimersByTime(HOUR);
    } else if (one.kind === "network") this.phone.nextNetwork = [...one.next];
    else if (one.kind === "storage") this.phone.storageWrites = one.is;
    else if (one.kind === "server")
      this.#server.script.push({ path: "/codes", status: one.status, body: { error: { code: one.code } } });
  }

  async #flush(): Promise<void> {
    vi.advanceTimersByTime(HOUR);
    await this.#collector.flush();
  }

  /** The app ends after its writes are done. */
  async restart(): Promise<void> {
    await this.phone.settle();
    this.#die();
  }

  /** The app ends at once: what was in memory alone is gone, and nobody can help it. */
  #die(): void {
    this.#run.kill();
    const kept = storedIds(this.phone.storage.get("push-cli:collector"));
    for (const id of this.owed.keys())
      if (!kept.includes(id) && !this.#server.pool.has(id)) this.owed.delete(id);
    this.#run = this.phone.start();
    this.#collector = this.#open();
  }

  /** Everything works from now on. */
  async recover(): Promise<void> {
    this.phone.nextNetwork = [];
    this.phone.storageWrites = "work";
    this.#server.script.length = 0;
    for (let i = 0; i < 5; i++) await this.#flush();
    await this.restart();
    await this.#flush();
  }

  get pending(): number {
    return this.#collector.pending().codes;
  }

  kill(): void {
    this.#run.kill();
  }
}

function storedIds(text: unknown): string[] {
  const { items } = JSON.parse((text as string | undefined) || '{"items":[]}');
  return items.map(({ formId }: { formId: string }) => formId);
}

it("gets every code to the server exactly once, whatever happens", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const server = await startCollectorServer();
  const run = async (steps: Step[]) => {
    server.pool.clear();
    server.script.length = 0;
    const model = new Model(server);
    for (const one of steps) await model.take(one);
    await model.recover();
    model.kill();
    expect(model.faults).toEqual([]);
    expect(model.pending).toBe(0);
    for (const id of model.owed.keys()) expect(server.pool.get(id), id).toBe(1);
    expect(model.phone.mostWrites).toBeLessThanOrEqual(1);
  };
  try {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), run), { numRuns: 200 });
  } finally {
    vi.useRealTimers();
    await server.stop();
  }
});
