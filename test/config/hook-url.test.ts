import fc from "fast-check";
import { expect, it } from "vitest";
import { hookSecretsOf, hookUrlProblem, redactHookUrl } from "../../src/config/hook-url.ts";

it.each([
  ["https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cret", "https://qyapi.weixin.qq.com/***"],
  ["https://hooks.slack.com/services/T0/B0/s3cret", "https://hooks.slack.com/***"],
  ["http://user:s3cret@host:8080/x", "http://***@host:8080/***"],
  ["https://host?s3cret", "https://host/***"],
  ["https://host#s3cret", "https://host/***"],
  ["HTTPS://host/", "HTTPS://host/"],
  ["https://host", "https://host"],
  ["hooks.slack.com/services/s3cret", "***"],
  ["s3cret", "***"],
  ["none", "none"],
])("%s is shown as %s", (url, shown) => expect(redactHookUrl(url)).toBe(shown));

it("whatever stands behind the host is not shown", () => {
  const host = fc.domain();
  const secret = fc.webPath().filter((path) => new URL(`http://h${path}`).pathname.length > 8);
  fc.assert(
    fc.property(host, secret, (name, path) => {
      expect(redactHookUrl(`https://${name}${path}`)).toBe(`https://${name}/***`);
      expect(hookSecretsOf(`https://${name}${path}`)).toContain(new URL(`http://h${path}`).pathname);
    }),
  );
});

it.each(["https://h", "http://127.0.0.1:1/x?y=z", "none"])("%s can be used", (url) =>
  expect(hookUrlProblem(url)).toBeUndefined(),
);

it.each(["", "h/x", "ftp://h", "https://", "https://u@h/", "https://:p@h/", "https://h/#f", "https://h/a b"])(
  "%j can't",
  (url) => expect(hookUrlProblem(url)).toMatch(/^is not/),
);
