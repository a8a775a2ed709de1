import type { Check, CheckState } from "../../doctor/check.ts";
import { formatCounted, visibleText } from "../../output/format.ts";
import type { Style } from "../../output/output.ts";
import { displayWidth } from "../../output/width.ts";

const MARKS: Record<CheckState, { mark: string; paint: Exclude<keyof Style, "bold"> }> = {
  passed: { mark: "✓", paint: "green" },
  warning: { mark: "!", paint: "yellow" },
  failed: { mark: "✗", paint: "red" },
  skipped: { mark: "·", paint: "dim" },
};

/** The checks by groups, with marks; remedies stand below what they are for. */
export function renderChecks(checks: readonly Check[], width: number, style: Style): string {
  const groups = [...new Set(checks.map(({ group }) => group))];
  const nameWidth = Math.max(...checks.map(({ name }) => displayWidth(name)));
  const blocks = groups.map((group) => {
    const own = joinSkipped(checks.filter((check) => check.group === group));
    return [style.bold(group), ...own.flatMap((check) => renderCheck(check, { nameWidth, width, style }))];
  });
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

/** "21 checks passed, 2 warnings, 1 failed, 3 skipped" */
export function summarize(checks: readonly Check[]): string {
  const of = (state: CheckState) => checks.filter((check) => check.state === state).length;
  return [
    `${formatCounted(of("passed"), "check")} passed`,
    formatCounted(of("warning"), "warning"),
    `${of("failed")} failed`,
    `${of("skipped")} skipped`,
  ].join(", ");
}

/** Neighbours that were skipped for the same reason take one line. */
function joinSkipped(checks: readonly Check[]): Check[] {
  const lines: Check[] = [];
  for (const check of checks) {
    const last = lines.at(-1);
    const isSame = check.state === "skipped" && last?.state === "skipped" && last.found === check.found;
    if (!isSame || !last) lines.push(check);
    else lines[lines.length - 1] = { ...last, name: `${last.name}, ${check.name}` };
  }
  return lines;
}

interface Layout {
  nameWidth: number;
  width: number;
  style: Style;
}

function renderCheck({ name, state, found, remedy }: Check, { nameWidth, width, style }: Layout): string[] {
  const { mark, paint } = MARKS[state];
  const text = visibleText(found);
  const isLong = displayWidth(name) > nameWidth;
  const indent = nameWidth + INDENT;
  const room = Math.max(width - indent, NARROWEST);
  const lines = wrapText(isLong ? `${name}: ${text}` : text, isLong ? width - 4 : room);
  const pad = " ".repeat(nameWidth - Math.min(nameWidth, displayWidth(name)));
  const head = `  ${style[paint](mark)} ${isLong ? "" : `${name}${pad}  `}`;
  const tail = " ".repeat(isLong ? 4 : indent);
  const shown = lines.map(
    (line, i) => `${i === 0 ? head : tail}${state === "skipped" ? style.dim(line) : line}`,
  );
  const hints = remedy === undefined ? [] : wrapText(visibleText(remedy), room - ARROW.length);
  const remedies = hints.map(
    (line, i) => `${" ".repeat(indent)}${i === 0 ? style.cyan(ARROW) : " ".repeat(ARROW.length)}${line}`,
  );
  return [...shown, ...remedies];
}

/** The mark with the spaces around it, and those behind the name. */
const INDENT = 6;
const ARROW = "→ ";
/** A terminal that is narrower wraps by itself. */
const NARROWEST = 30;

/** At spaces; a word that is too long stays whole, so that it can be copied. */
function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
