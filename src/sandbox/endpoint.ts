import type { Platform } from "./platform.ts";
import type { HttpRequest, Reply } from "./server.ts";

/** One of an API's. Platforms other than WeChat list theirs in a folder of their own. */
export interface Endpoint {
  kind: "send" | "token" | "account";
  method: "GET" | "POST";
  answer(platform: Platform, request: HttpRequest, reply: Reply): void;
}
