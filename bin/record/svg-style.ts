/** Colours of a terminal on white and on black, readable on both. */
const LIGHT = {
  ground: "#ffffff",
  edge: "#d0d7de",
  text: "#1f2328",
  faint: "#656d76",
  palette: ["#1f2328", "#cf222e", "#1a7f37", "#9a6700", "#0969da", "#8250df", "#1b7c83", "#656d76"],
};
const DARK = {
  ground: "#0d1117",
  edge: "#3d444d",
  text: "#e6edf3",
  faint: "#8b949e",
  palette: ["#8b949e", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#e6edf3"],
};

const FONT = `ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace`;

/** Without animation, only the content of the last screen (`l`) is visible. */
export const STYLE = `text{font:14px ${FONT};white-space:pre;fill:var(--text)}
.w{fill:var(--ground);stroke:var(--edge)}.o{fill:var(--edge)}.u,.bar{fill:var(--faint)}
.h{font-size:13px;fill:var(--faint)}.b{font-weight:bold}.d{fill:var(--faint)}
${LIGHT.palette.map((_, i) => `.c${i},.c${i + 8}{fill:var(--c${i})}`).join("")}
.s{visibility:hidden;animation:none step-end infinite}.l{visibility:visible}
svg{${variables(LIGHT)}}
@media(prefers-color-scheme:dark){svg{${variables(DARK)}}}
@media(prefers-reduced-motion:reduce){.s{animation:none!important}}
`;

function variables({ palette, ...rest }: typeof LIGHT): string {
  const all = [...Object.entries(rest), ...palette.map((colour, i) => [`c${i}`, colour])];
  return all.map(([name, colour]) => `--${name}:${colour}`).join(";");
}
