import { expect, it } from "vitest";
import { parseTarget } from "../../src/redis/target.ts";

it.each([
  ["redis://u:p@h:1/2", { kind: "server", url: "redis://u:p@h:1/2", tls: false }],
  ["rediss://h", { kind: "server", url: "rediss://h", tls: true }],
  ["/run/redis.sock", { kind: "socket", path: "/run/redis.sock", db: 0 }],
  ["unix:///run/redis%20x.sock", { kind: "socket", path: "/run/redis x.sock", db: 0 }],
  ["unix:/run/redis.sock?db=2", { kind: "socket", path: "/run/redis.sock", db: 2 }],
  [
    "unix://bob:p%40ss@/run/redis.sock?db=3",
    { kind: "socket", path: "/run/redis.sock", db: 3, username: "bob", password: "p@ss" },
  ],
  [
    "redis+cluster://a,b:7001,[::1]:7002",
    {
      kind: "cluster",
      tls: false,
      hosts: [
        { host: "a", port: 6379 },
        { host: "b", port: 7001 },
        { host: "::1", port: 7002 },
      ],
    },
  ],
  [
    "rediss+cluster://bob:p%2Fss@a:1/0",
    { kind: "cluster", tls: true, hosts: [{ host: "a", port: 1 }], username: "bob", password: "p/ss" },
  ],
  [
    "redis+sentinel://:pw@a,b:1/main/3?sentinelUser=sen&sentinelPassword=t%40l",
    {
      kind: "sentinel",
      tls: false,
      hosts: [
        { host: "a", port: 26379 },
        { host: "b", port: 1 },
      ],
      password: "pw",
      master: "main",
      db: 3,
      sentinelUsername: "sen",
      sentinelPassword: "t@l",
    },
  ],
  [
    "rediss+sentinel://a/m%20m",
    { kind: "sentinel", tls: true, hosts: [{ host: "a", port: 26379 }], master: "m m", db: 0 },
  ],
])("%s is taken apart", (url, target) => expect(parseTarget(url, url)).toEqual(target));

it.each([
  "redis+cluster://",
  "redis+cluster://a/1",
  "redis+cluster://a,,b",
  "redis+cluster://a:99999",
  "redis+cluster://:p%zz@a",
  "redis+sentinel://a",
  "redis+sentinel://a/",
  "redis+sentinel://a/m/x",
  "redis+sentinel://a/m/1/2",
  "redis+other://a",
  "unix:///s?db=x",
  "http://a",
  "redis://u:%zz@h",
])("%s is none, and said to be so", (url) => {
  expect(() => parseTarget(url, "SHOWN")).toThrow("can't connect to 'SHOWN': not a Redis URL");
});
