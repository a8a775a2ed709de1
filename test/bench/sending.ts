import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import type { Measured } from "./child.ts";

/** What measurements of broadcasts need. */
export interface Bench {
  redis: PrivateRedis;
  /** Of the sink. */
  url: string;
  scale(users: number): number;
  fill(redis: PrivateRedis, users: number): Promise<void>;
  /** The arguments of a broadcast of template messages. */
  broadcast(): string[];
  tool(redis: PrivateRedis, api: string, args: string[]): Promise<Measured>;
  report(measure: string, value: number, limit: { least?: number; most?: number }, detail: string): void;
}
