import { readFileSync } from "node:fs";
import type { Aftermath } from "./aftermath.ts";
import type { World } from "./world.ts";

interface Line {
  openId: string;
  outcome: string;
}

/** Whether the report that all runs appended to is whole: who has an outcome is in it, with that outcome as the last. */
export function checkReport({ reportFile, audience, campaign }: World, { users }: Aftermath): string[] {
  if (reportFile === undefined) return [];
  const rows = readFileSync(reportFile, "utf8").split("\n");
  const lines = rows.slice(0, -1).map(parseLine);
  const torn = lines.filter((line) => line === undefined).length + (rows.at(-1) === "" ? 0 : 1);
  const whole = lines.filter((line) => line !== undefined);
  const last = new Map(whole.map(({ openId, outcome }) => [openId, outcome]));
  const wrong = users.filter(({ openId, settled }) => {
    return settled && settled.outcome !== "no_code" && last.get(openId) !== settled.outcome;
  });
  return [
    ...(torn > 0 ? [`the report has ${torn} torn lines`] : []),
    ...name(
      "the report has not the outcome of",
      wrong.map(({ openId }) => openId),
    ),
    ...name("the report has twice", findTwice(whole)),
    ...name(
      "the report is not meant to have",
      [...last.keys()].filter((openId) => !audience.has(openId) && !campaign?.withheld.has(openId)),
    ),
  ];
}

function parseLine(row: string): Line | undefined {
  try {
    return JSON.parse(row) as Line;
  } catch {
    return undefined;
  }
}

/** Whoever is in it twice with the same outcome; an unknown one may have been tried again. */
function findTwice(lines: Line[]): string[] {
  const seen = new Set<string>();
  return lines.flatMap(({ openId, outcome }) => {
    const key = `${outcome} ${openId}`;
    if (seen.has(key) && outcome !== "unknown") return [openId];
    seen.add(key);
    return [];
  });
}

function name(what: string, openIds: string[]): string[] {
  const [first] = openIds;
  return first === undefined ? [] : [`${what} ${openIds.length} users, such as ${first}`];
}
