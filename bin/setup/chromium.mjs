import fs from "node:fs";
import { runFirst, SetupError, say } from "./run.mjs";
import { installByApt, planHere, planInstall, versionOf } from "./system.mjs";

const MISSING = "there is no Chromium on PATH, in which the tests look at the HTML report";

/** The smallest first. */
const NAMES = [
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
];
/** Where macOS keeps them. */
const APPS = ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);

const WANTED = {
  managers: [
    { name: "brew", asRoot: false, installs: [["install", "--cask", "chromium"]] },
    {
      name: "apt-get",
      asRoot: true,
      update: ["update"],
      // The first is Debian's: 20 MB less to fetch, 100 MB less on the disk.
      installs: ["chromium-headless-shell", "chromium"].map((name) => [
        "install",
        "-y",
        "--no-install-recommends",
        name,
      ]),
    },
    { name: "apk", asRoot: true, installs: [["add", "--no-cache", "chromium"]] },
    {
      name: "dnf",
      asRoot: true,
      installs: ["chromium-headless", "chromium"].map((name) => ["install", "-y", name]),
    },
  ],
  advice: "install Chromium or Google Chrome",
  brew: "brew install --cask chromium",
};

/** The command or path of a Chromium that runs; undefined where there is none. */
export function findChromium() {
  // What Ubuntu calls chromium only says that there is a snap.
  const runs = (name) => /\d+\.\d+/.test(versionOf(name) || "");
  return NAMES.find(runs) || APPS.find((app) => fs.existsSync(app));
}

/** Installs Chromium by the system's package manager. Throws a SetupError that says what the user can do. */
export async function installChromium() {
  const plan = planHere(WANTED, MISSING);
  say(`installing Chromium by ${plan.manager} ...`);
  if (plan.manager === "apt-get") await installByApt(plan);
  else await runFirst(plan.manager, plan.installs);
  if (!findChromium()) throw new SetupError(`${plan.manager} did not provide a Chromium that runs on PATH`);
}

/** How to get Chromium: see `planInstall`. */
export function planChromiumInstall(system) {
  return planInstall(WANTED, system);
}
