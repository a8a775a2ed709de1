import fc from "fast-check";
import { expect, it } from "vitest";
import { redactUrl, redactUrls } from "../../src/config/redact-url.ts";

it.each([
  ["redis://user:s3cret@host:6379/0", "redis://user:***@host:6379/0"],
  ["redis://:s3cret@host", "redis://:***@host"],
  ["rediss://s3cret@host", "rediss://***@host"],
  ["redis://:s3@c:r/e#t@host:1", "redis://:***@host:1"],
  ["redis://:s3cret", "redis://:***"],
  ["redis://user:s3cret", "redis://user:***"],
  ["user:s3cret@host", "user:***@host"],
  ["redis+sentinel://u:s3cret@a:1,b:2/mymaster", "redis+sentinel://u:***@a:1,b:2/mymaster"],
  ["https://host/x?appid=1&secret=s3cret&b=2", "https://host/x?appid=1&secret=***&b=2"],
  ["redis://host?password=s3cret", "redis://host?password=***"],
  ["redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"],
  ["redis://[::1]:6379", "redis://[::1]:6379"],
  ["redis+sentinel://a:26379,b:26379/m", "redis+sentinel://a:26379,b:26379/m"],
  ["https://api.weixin.qq.com/x", "https://api.weixin.qq.com/x"],
  ["/run/redis.sock", "/run/redis.sock"],
  ["", ""],
])("%s is shown as %s", (url, shown) => expect(redactUrl(url)).toBe(shown));

it("finds the URLs in a text", () => {
  const text = 'The URL redis://:s3cret@h:x is invalid; "https://h/x?secret=s3cret", a@b and c:d are fine.';
  expect(redactUrls(text)).toBe(
    'The URL redis://:***@h:x is invalid; "https://h/x?secret=***", a@b and c:d are fine.',
  );
});

it("shows no password, whatever its characters", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }),
      fc.constantFrom("redis://", "rediss://", "https://", ""),
      (part, scheme) => {
        expect(redactUrl(`${scheme}user:<${part}>@host:6379/0`)).toBe(`${scheme}user:***@host:6379/0`);
      },
    ),
  );
});
