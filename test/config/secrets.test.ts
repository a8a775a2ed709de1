import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SECRETS } from "../../src/config/secrets.ts";
import { COLLECTOR_SECRETS } from "../../src/config/setting-keys.ts";
import type { GivenSecret } from "../../src/config/settings.ts";
import { cwd, failure, here, load, useFolder, write } from "./folder.ts";

useFolder();

const GOOD = {
  collectorSecret: "0123456789abcdef0123456789abcdef",
  callbackToken: "abc123",
  callbackAesKey: "k".repeat(43),
  callbackAesKeyPrevious: "p".repeat(43),
};

describe.each(COLLECTOR_SECRETS)("%s", (key) => {
  const { env, fileEnv } = SECRETS[key];
  const value = GOOD[key];
  const found = async (...args: Parameters<typeof load>) => (await load(...args)).collectorSecrets[key];

  it("comes from the environment, a file that this names, and a configuration in both ways", async () => {
    write(join(cwd, "secret"), `${value}\n`);
    const inFile = { value, from: `the secret in "${join(cwd, "secret")}"` };
    expect(await found({}, { [env]: value })).toEqual({ value, from: env });
    expect(await found({}, { [fileEnv]: "secret" })).toEqual(inFile);
    write(here, { [key]: value });
    expect(await found()).toEqual({ value, from: `"${key}" in "${here}"` });
    write(here, { profiles: { a: { [`${key}File`]: "secret" } }, [key]: value });
    expect(await found({ profile: "a" })).toEqual(inFile);
  });

  it("of a profile goes before that of the top level", async () => {
    write(join(cwd, "secret"), value);
    write(here, { profiles: { a: { [`${key}File`]: "secret" } }, [`${key}File`]: "none" });
    expect(await found({ profile: "a" })).toMatchObject({ value });
    expect((await load({ profile: "a" })).sources[key]).toBe("file");
  });

  it("is told of with its problem, which keeps no other command from its work", async () => {
    const bad = "no good";
    const problemOf = (secret: GivenSecret | undefined) =>
      secret && "problem" in secret ? secret.problem : undefined;
    const wrong = problemOf(await found({}, { [env]: bad }));
    expect(wrong).toMatchObject({ kind: "config", hint: SECRETS[key].hint });
    expect(wrong?.message).toMatch(new RegExp(`^${env} (has|is) `));
    expect(wrong?.message).not.toContain(bad);
    expect(problemOf(await found({}, { [fileEnv]: "none" }))?.message).toBe(
      `${fileEnv}: cannot read "${join(cwd, "none")}": no such file`,
    );
    expect(problemOf(await found({}, { [env]: value, [fileEnv]: "none" }))?.message).toBe(
      `${env} and ${fileEnv} are both set`,
    );
  });

  it("wrong in the configuration is a fault of that file, which does not quote it", async () => {
    write(here, { [key]: "no g00d" });
    const { message, hint } = await failure();
    expect(message).toMatch(new RegExp(`^"${key}" in ".*" \\(line 1, column \\d+\\) (has|is) `));
    expect(`${message}${hint}`).not.toContain("g00d");
    write(here, { [key]: value, [`${key}File`]: "f" });
    expect((await failure()).message).toContain(`conflicts with ${key}; keep only one of them`);
  });

  it("in a file that others may read, or quoted by docker, is warned of", async () => {
    write(here, { [key]: value }, 0o644);
    expect((await load()).warnings).toEqual([
      expect.stringContaining("contains a secret and is readable by others"),
    ]);
    write(here, {});
    const { warnings } = await load({}, { [env]: `"${value}"` });
    expect(warnings).toEqual([expect.stringContaining(`${env} begins and ends with a quote`)]);
    expect(warnings.join()).not.toContain(value);
  });
});

describe("values", () => {
  const problem = (key: keyof typeof GOOD, value: string) => SECRETS[key].problem(value);

  it("of the session secret have 32 bytes or more", () => {
    expect(problem("collectorSecret", "x".repeat(31))).toBe("has 31 bytes; at least 32 are required");
    expect(problem("collectorSecret", "é".repeat(16))).toBeUndefined();
  });

  it("of the callback's are of the platform's form", () => {
    for (const token of ["ab", "a".repeat(33), "a_b", "a b"])
      expect(problem("callbackToken", token)).toBe("is not 3 to 32 letters and digits");
    for (const token of ["abc", "a".repeat(32)]) expect(problem("callbackToken", token)).toBeUndefined();
    for (const key of ["k".repeat(42), "k".repeat(44), `${"k".repeat(42)}=`, `${"k".repeat(42)}+`])
      expect(problem("callbackAesKey", key)).toBe("is not 43 letters and digits");
  });
});
