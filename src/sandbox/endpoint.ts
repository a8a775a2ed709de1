import type { Platform } from "./platform.ts";
import type { HttpRequest, Reply } from "./server.ts";

/** An endpoint of an API. Platforms other than WeChat have theirs in a folder of their own. */
export interface Endpoint {
  kind: "send" | "token" | "account";
  method: "GET" | "POST";
  answer(platform: Platform, request: HttpRequest, reply: Reply): void;
}
