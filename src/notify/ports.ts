/** A request to a webhook. */
export interface HookRequest {
  method: "GET" | "POST";
  /** JSON. */
  body?: string | undefined;
  /** Parameters that go behind those of the webhook's own query. */
  parameters?: Readonly<Record<string, string>> | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

export interface HookAnswer {
  kind: "answer";
  status: number;
  text: string;
  /** Of a redirect: where to, by its host alone. */
  redirectsTo?: string | undefined;
  /** What the answer asks to wait for, ms. */
  retryAfterMs?: number | undefined;
}

/** `failure`: there was no answer; `reason` says why and names the host alone. */
export type HookReply = HookAnswer | { kind: "failure"; reason: string };

/** Sends a request once, follows no redirect, and never rejects. `timeoutMs`: for all of it. */
export type AskHook = (url: string, request: HookRequest, timeoutMs: number) => Promise<HookReply>;
