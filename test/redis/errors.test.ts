import { expect, it } from "vitest";
import { explainRedisError } from "../../src/redis/errors.ts";
import { createKeys } from "../../src/redis/keys.ts";
import { SCRIPTS } from "../../src/redis/scripts.ts";

const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });
const circumstances = { where: "redis://h", user: "bob", patternOf: keys.aclPatternOf };

function explain(message: string, command?: { name: string; args: unknown[] }) {
  const error = Object.assign(new Error(message), { name: "ReplyError", command });
  return explainRedisError(error, circumstances);
}

const sha = "4ac20a0d2fe62d47dd6156e542622303a7cde77f";
const claim = {
  name: "evalsha",
  args: [SCRIPTS.claimCodes.sha1, "2", keys.pool("o1"), keys.ledger("o1"), "b"],
};
const lock = { name: "eval", args: [SCRIPTS.releaseLock.source, "1", keys.lock("purge"), "me"] };

// The wordings of Redis 6.2, 7.0, 7.2 and later, and Valkey.
it.each([
  [
    "NOPERM this user has no permissions to run the 'zadd' command or its subcommand",
    { name: "zadd", args: [] },
    "zadd",
  ],
  [
    "NOPERM this user has no permissions to run the 'cluster|nodes' command",
    { name: "cluster", args: [] },
    "cluster|nodes",
  ],
  ["NOPERM User bob has no permissions to run the 'zadd' command", { name: "zadd", args: [] }, "zadd"],
  [
    `ERR ACL failure in script: User bob has no permissions to run the 'hset' command script: ${sha}, on @user_script:1.`,
    claim,
    "hset",
  ],
])("a missing command is named: %s", (message, command, right) => {
  const error = explain(message, command);
  expect(error.message).toContain(`the Redis user 'bob' has no right to the command ${right}`);
  expect(error.hint).toContain(`ACL SETUSER bob +${right};`);
});

it.each([
  `ERR Error running script (call to f_${sha}): @user_script:314: @user_script: 314: The user executing the script can't run this command or subcommand `,
  `ERR The user executing the script can't run this command or subcommand script: ${sha}, on @user_script:1.`,
])("what a script needs is named when Redis does not say what it refused: %s", (message) => {
  const error = explain(message, lock);
  expect(error.message).toContain(
    "no right to one of the commands del, get for release-lock.lua at redis://h",
  );
  expect(error.hint).toContain("ACL SETUSER bob +del +get;");
});

it.each([
  "NOPERM this user has no permissions to access one of the keys used as arguments",
  "NOPERM No permissions to access a key",
  `ERR The user executing the script can't access at least one of the keys mentioned in the command arguments script: ${sha}, on @user_script:1.`,
])("missing keys are named by their pattern: %s", (message) => {
  const error = explain(message, claim);
  expect(error.message).toContain(
    "no right to the keys mina:openid:* and {mina:openid:*}:sends, which claim-codes.lua needs",
  );
  expect(error.hint).toContain("ACL SETUSER bob ~mina:openid:* ~{mina:openid:*}:sends;");
});

it.each([
  "READONLY You can't write against a read only replica.",
  `READONLY You can't write against a read only replica. script: ${sha}, on @user_script:1.`,
  `ERR Error running script (call to f_${sha}): @user_script:30: @user_script: 30: -READONLY You can't write against a read only replica. `,
])("a replica is told from its master: %s", (message) => {
  const error = explainRedisError(new Error(message), { ...circumstances, master: "10.0.0.1:6379" });
  expect(error.message).toContain("the Redis at redis://h is a read-only replica of 10.0.0.1:6379");
  expect(error).toMatchObject({
    transient: true,
    hint: "point PUSH_CLI_REDIS_URL at the master, 10.0.0.1:6379",
  });
});

it("what a cluster's client gave up on is told by its last error, and may pass", () => {
  const error = explain(
    "Too many Cluster redirections. Last error: ReplyError: TRYAGAIN Multiple keys request during rehashing of slot",
  );
  expect(error).toMatchObject({ transient: true });
  expect(error.message).toBe(
    "Redis is not ready at redis://h: TRYAGAIN Multiple keys request during rehashing of slot",
  );
});
