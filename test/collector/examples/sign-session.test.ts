import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { openSessions } from "../../../src/collector/session.ts";
import { readPage } from "../../help/pages.ts";
import { ROOT } from "../../structure/files.ts";

const run = promisify(execFile);
const EXAMPLES = join(ROOT, "src/collector/examples");
const SECRET = "müller-0123456789abcdef-0123456789/+=";
const OPEN_ID = "oA_b-C0123456789";

const LANGUAGES = [
  { name: "node", file: "sign-session.mjs", program: process.execPath },
  { name: "python", file: "sign_session.py", program: "python3" },
  { name: "java", file: "SignSession.java", program: "java" },
];

const folder = mkdtempSync(join(tmpdir(), "sign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("there is one for each file", () => {
  expect(readdirSync(EXAMPLES).sort()).toEqual(LANGUAGES.map(({ name }) => `sign-${name}.example`).sort());
});

describe.each(LANGUAGES)("the example for $name", ({ name, file, program }) => {
  const source = readFileSync(join(EXAMPLES, `sign-${name}.example`), "utf8");

  it("is the one in the manual", () => {
    expect(readPage("collector").includes(`\`\`\`${name === "node" ? "js" : name}\n${source}\`\`\``)).toBe(
      true,
    );
  });

  it("makes a token that the collector takes, for its user alone", async ({ skip }) => {
    const missing = await run(program, ["--version"]).then(
      () => false,
      () => true,
    );
    skip(missing && program !== process.execPath, `can't be run here: there is no ${program}`);
    writeFileSync(join(folder, file), source);
    const env = { ...process.env, PUSH_CLI_COLLECTOR_SECRET: SECRET };
    const { stdout } = await run(program, [file, OPEN_ID], { cwd: folder, env });
    const open = (secret: string) =>
      openSessions({ secret: Buffer.from(secret), lifeMs: 60_000 }, systemClock);
    expect(await (await open(SECRET)).verify(stdout.trim())).toBe(OPEN_ID);
    const other = await open(`${SECRET}x`);
    await expect(other.verify(stdout.trim())).rejects.toThrow("not valid");
  }, 60_000);
});
