import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOT } from "../structure/files.ts";
import { makeClone } from "./clone.ts";

const WITH = { args: ["--with-chromium"] };
const VERSION = 'echo "Chromium 150.0.7871.100 built on Debian"';

interface ChromiumModule {
  planChromiumInstall(system: { platform: string; uid: number; has(command: string): boolean }): {
    command?: string;
    advice?: string;
    needsRoot?: boolean;
  };
}
const { planChromiumInstall }: ChromiumModule = await import(
  pathToFileURL(path.join(ROOT, "bin/setup/chromium.mjs")).href
);

it.each([
  [
    0,
    "apt-get",
    "apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell || apt-get install -y --no-install-recommends chromium",
  ],
  [1000, "apk sudo", "sudo apk add --no-cache chromium"],
  [1000, "dnf", "dnf install -y chromium-headless || dnf install -y chromium"],
  [501, "brew", "brew install --cask chromium"],
])("for uid %i with %s: %s", (uid, commands, command) => {
  const has = (name: string) => commands.split(" ").includes(name);
  const plan = planChromiumInstall({ platform: "linux", uid, has });
  expect(plan).toMatchObject({ command, needsRoot: uid !== 0 && commands !== "brew" });
});

describe("the set-up of the tests", () => {
  it("says what to install where there is no package manager", async () => {
    const { code, stderr } = await makeClone().start(WITH).done;
    expect([code, stderr]).toEqual([
      1,
      "setup: there is no Chromium on PATH, in which the tests look at the HTML report; install Chromium or Google Chrome\n",
    ]);
  });

  it("is content with a Chromium that is there, of whatever name, but not with one that does not run", async () => {
    const clone = makeClone();
    clone.addTool(
      "chromium",
      'echo "Command chromium requires the chromium snap to be installed." >&2; exit 1',
    );
    expect((await clone.start(WITH).done).code).toBe(1);
    clone.addTool("google-chrome", VERSION);
    expect((await clone.start(WITH).done).code).toBe(0);
  });

  // Each of the two runs for the user that it is for; both go the same way from there.
  const manager = process.getuid?.() === 0 ? "apk" : "brew";
  it("installs it by the package manager, once", async () => {
    const clone = makeClone();
    clone.addTool(
      manager,
      `printf '#!/bin/sh\\n%s\\n' '${VERSION}' > "$TOOLS/chromium"; chmod +x "$TOOLS/chromium"`,
    );
    const { code, stderr } = await clone.start(WITH).done;
    expect([code, stderr.split("\n")[0]]).toEqual([0, `setup: installing Chromium by ${manager} ...`]);
    expect((await clone.start(WITH).done).stderr).toBe("");
  });

  it("is not what the demo needs", async () => {
    const clone = makeClone();
    clone.addTool(manager, "exit 1");
    const { code, stderr } = await clone.start().done;
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("Chromium")]);
  });
});
