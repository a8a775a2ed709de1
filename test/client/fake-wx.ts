import type { MiniProgramApi } from "../../src/client/index.ts";

/** What the network does to a request; `lost`: it gets there, and the answer doesn't get back. */
export type Network = "up" | "offline" | "lost" | "timeout" | "hangs" | "portal";

type Options<Name extends keyof MiniProgramApi> = Parameters<NonNullable<MiniProgramApi[Name]>>[0];

/** What a prompt does: statuses by template, or a failure. */
export type Prompted = Record<string, string> | { errCode?: number; errMsg: string };

/** A phone with a mini program's storage on it. Its runs come and go, the storage stays. */
export class FakePhone {
  readonly storage = new Map<string, unknown>();
  network: Network = "up";
  /** Taken before `network`, one a request. */
  nextNetwork: Network[] = [];
  storageReads: "work" | "fail" = "work";
  storageWrites: "work" | "fail" = "work";
  loginFails = false;
  settings: Record<string, string> = {};
  /** What each prompt does, in their order; then everything is accepted. */
  prompts: Prompted[] = [];
  /** Templates of each prompt. */
  asked: string[][] = [];
  requests = 0;
  /** Writes at a time. */
  mostWrites = 0;
  onWrite: ((before: unknown, after: unknown) => void) | undefined;
  #writes = 0;
  #writing = 0;

  /** Starts the app. `kill` ends it: it hears nothing any more, and a write that is under way is lost. */
  start(): { api: MiniProgramApi; kill(): void } {
    let isAlive = true;
    const isDead = () => !isAlive;
    /** As the platform does: later, never within the call. */
    const later = (run: () => void) => setImmediate(() => isAlive && run());
    const api: MiniProgramApi = {
      getStorageSync: (key) => this.#read(key),
      setStorage: (options) => this.#write(options, later, isDead),
      request: (options) => void this.#request(options, later),
      login: (options) =>
        later(() =>
          this.loginFails ? options.fail({ errMsg: "login:fail" }) : options.success({ code: "code" }),
        ),
      requestSubscribeMessage: (options) => this.#prompt(options, later),
      getSetting: (options) =>
        later(() => options.success({ subscriptionsSetting: { itemSettings: this.settings } })),
    };
    return {
      api,
      kill: () => {
        isAlive = false;
        this.#writing = 0;
      },
    };
  }

  /** Resolves when no write is under way. */
  async settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#writing > 0);
  }

  get writes(): number {
    return this.#writes;
  }

  #read(key: string): unknown {
    if (this.storageReads === "fail") throw new Error("getStorageSync:fail");
    return this.storage.get(key) ?? "";
  }

  #write(options: Options<"setStorage">, later: (run: () => void) => void, isDead: () => boolean): void {
    if (isDead()) return;
    this.#writing++;
    this.#writes++;
    this.mostWrites = Math.max(this.mostWrites, this.#writing);
    later(() => {
      this.#writing--;
      if (this.storageWrites === "fail") return options.fail({ errMsg: "setStorage:fail exceed max size" });
      this.onWrite?.(this.storage.get(options.key), options.data);
      this.storage.set(options.key, structuredClone(options.data));
      options.success({ errMsg: "setStorage:ok" });
    });
  }

  async #request(options: Options<"request">, later: (run: () => void) => void): Promise<void> {
    this.requests++;
    const network = this.nextNetwork.shift() ?? this.network;
    const fail = (why: string) => later(() => options.fail({ errMsg: `request:fail ${why}` }));
    if (network === "hangs") return;
    if (network === "offline") return fail("");
    if (network === "portal")
      return later(() => options.success({ statusCode: 200, data: "<html>Log in</html>", header: {} }));
    const { url, method, header, data } = options;
    const response = await fetch(url, { method, headers: header, body: data }).catch(() => undefined);
    const text = await response?.text();
    if (response === undefined || text === undefined || network !== "up") return fail("timeout");
    const headers = [...response.headers].map(([name, value]) => [toTitle(name), value]);
    const answer = { statusCode: response.status, data: parse(text), header: Object.fromEntries(headers) };
    later(() => options.success(answer));
  }

  #prompt(options: Options<"requestSubscribeMessage">, later: (run: () => void) => void): void {
    this.asked.push(options.tmplIds);
    const accepts = Object.fromEntries(options.tmplIds.map((id) => [id, "accept"]));
    const result = this.prompts.shift() ?? accepts;
    later(() =>
      "errMsg" in result
        ? options.fail(result)
        : options.success({ errMsg: "requestSubscribeMessage:ok", ...result }),
    );
  }
}

/** Phones write names of headers as they like. */
function toTitle(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
