import { expect, it } from "vitest";
import { nearestWord } from "../../src/config/nearest.ts";

const KEYS = ["redisUrl", "apiBase", "appid", "appsecret", "appsecretFile", "keyPrefix", "poolPrefix"];

it.each([
  ["redisurl", "redisUrl"],
  ["redis_url", "redisUrl"],
  ["POOL-PREFIX", "poolPrefix"],
  ["appSecret", "appsecret"],
  ["apBase", "apiBase"],
  ["keyPerfix", "keyPrefix"],
  ["apipd", "appid"],
  ["paiBase", "apiBase"],
])("%s was meant to be %s", (word, meant) => expect(nearestWord(word, KEYS)).toBe(meant));

it.each(["password", "x", "", "concurrency", "dippa", "diapp"])("%j was meant to be none of them", (word) => {
  expect(nearestWord(word, KEYS)).toBeUndefined();
});
