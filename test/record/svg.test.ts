import { readFileSync } from "node:fs";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import type { Run } from "../../bin/record/screen.ts";
import { drawRecording } from "../../bin/record/svg.ts";
import type { Span, Thing } from "../../bin/record/timeline.ts";

const PICTURE = { columns: 20, rows: 5, title: "A & B", description: "<all> of it" };

function row(text: string, more: Partial<Run> = {}): Thing {
  const run = { column: 0, width: text.length, text, bold: false, dim: false, colour: undefined, ...more };
  return { kind: "row", row: 1, runs: [run] };
}

interface Shown {
  text: string;
  /** Whether it stands on the last screen. */
  last: boolean;
}

/** The texts of the screen; rejects what is not well-formed. */
function textsOf(svg: string): Shown[] {
  const parser = new SaxesParser({ xmlns: true });
  const shown: Shown[] = [];
  let last = false;
  let inGroup = false;
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "g") {
      inGroup = true;
      last = String(attributes.class?.value).split(" ").includes("l");
    }
    if (name === "text" && inGroup) shown.push({ text: "", last });
  });
  parser.on("text", (text) => {
    const current = shown.at(-1);
    if (inGroup && current) current.text += text;
  });
  parser.on("closetag", ({ name }) => {
    if (name === "g") inGroup = false;
  });
  parser.write(svg).close();
  return shown.map(({ text, ...rest }) => ({ text: text.trimEnd(), ...rest }));
}

describe("a drawing", () => {
  const spans: Span<Thing>[] = [
    { fromMs: 0, toMs: 500, thing: row(`first <&> "one"`, { bold: true, colour: 2 }) },
    { fromMs: 500, toMs: 2000, thing: row("last one") },
    { fromMs: 500, toMs: 2000, thing: { kind: "cursor", row: 2, column: 3 } },
  ];
  const svg = drawRecording({ lengthMs: 2000, spans }, PICTURE);

  it("has every text, and knows which stand on the last screen", () => {
    expect(textsOf(svg)).toEqual([
      { text: `first <&> "one"`, last: false },
      { text: "last one", last: true },
    ]);
  });

  it("shows each thing in its time", () => {
    expect(svg).toContain("@keyframes k0{0%{visibility:visible}25%{visibility:hidden}}");
    expect(svg).toContain("@keyframes k1{0%{visibility:hidden}25%{visibility:visible}}");
    expect(svg).toContain(".s{animation-duration:2s}");
  });

  it("draws what comes and goes together as one group, in the colours of the terminal", () => {
    expect(svg.match(/<g /g)).toHaveLength(2);
    expect(svg).toMatch(/<text class="b c2" x="14" y="[\d.]+" textLength="126">first/);
    expect(svg).toMatch(/<rect class="u" x="39.2"/);
  });
});

describe("the picture in README.md", () => {
  const svg = readFileSync(new URL("../../src/help/recording.svg", import.meta.url), "utf8");
  const shown = textsOf(svg);
  const last = shown.filter((one) => one.last).map((one) => one.text);

  it("ends with the broadcast finished after a resume, and nobody twice by the simulator's count", () => {
    expect(last.join("\n")).toMatch(/^broadcast \S+: finished, 800 recipients/m);
    expect(last.join("\n")).toMatch(/^sent +800 +100\.0%/m);
    expect(last).toContain('{"delivered":800,"maxPerUser":1,"duplicates":0');
  });

  it("shows the pools, the kill, and the broadcast that died of it", () => {
    const texts = shown.map((one) => one.text).join("\n");
    expect(texts).toContain("800 pools, 800 reachable users (100.0%)");
    expect(texts).toMatch(/\$ kill -9 \d+\n/);
    expect(texts).toMatch(/ dead +order-shipped +\d+ +0 +\d+/);
  });

  it("is small, moves without a script, and needs nothing from elsewhere", () => {
    expect(svg.length).toBeLessThan(150_000);
    expect(svg).not.toMatch(/<script|<image|@import|url\(|href=/);
    const seconds = Number(/\.s\{animation-duration:([\d.]+)s\}/.exec(svg)?.[1]);
    expect(seconds).toBeGreaterThan(15);
    expect(seconds).toBeLessThan(25);
  });

  it("is for light and dark, and still where nothing may move", () => {
    expect(svg).toContain("@media(prefers-color-scheme:dark)");
    expect(svg).toContain("@media(prefers-reduced-motion:reduce){.s{animation:none!important}}");
  });

  it("names no place of the machine that it was made on", () => {
    expect(svg).not.toMatch(/\/(?:tmp|home|root|work|usr|var|Users)\b|node_modules/);
  });
});
