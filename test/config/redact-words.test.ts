import { expect, it } from "vitest";
import { redactWords } from "../../src/config/redact-words.ts";

it.each([
  ["--notify", "https://h/s3cret", "https://h/***"],
  ["--ping", "https://h/s3cret", "https://h/***"],
  // Without a scheme, as a proxy may be given; and with a character at which a URL in a text would end.
  ["--proxy", "user:s3cret@proxy:3128", "user:***@proxy:3128"],
  ["--redis-url", 'redis://u:s3"cret@h', "redis://u:***@h"],
  ["--from-redis-url", "redis://:s3 cret@h", "redis://:***@h"],
  ["--api-base", "https://u:s3cret@h/x", "https://u:***@h/x"],
  ["--url", "https://h/x", "https://h/x"],
  ["--url", "https://u:s3cret@h/x", "https://u:***@h/x"],
])("the words of a command line show %s without secrets, in both spellings", (flag, value, shown) => {
  expect(redactWords(["broadcast", "t", flag, value])).toEqual(["broadcast", "t", flag, shown]);
  expect(redactWords(["broadcast", `${flag}=${value}`, "t"])).toEqual(["broadcast", `${flag}=${shown}`, "t"]);
});
