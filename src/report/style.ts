import { Html } from "./html.ts";

/** The look of the page: on a phone, on a wide screen, in the dark, on paper. */
const COLOURS = `
:root{color-scheme:light dark;
--page:#f5f6f8;--card:#fff;--text:#1a1e26;--soft:#565f6e;--line:#e0e4ea;--accent:#136f4f;--mark:#fff0c2;--phone:#e9ebef;
--good:#176045;--good-bg:#dff3e9;--busy:#1c4f93;--busy-bg:#e2edfc;--bad:#a1231b;--bad-bg:#fde8e6;--mild:#6f4700;--mild-bg:#fdf0d5;
--c-sent:#1f9068;--c-no_code:#97a1b2;--c-rejected:#d99417;--c-failed:#c93c33;--c-unknown:#8059cc;--c-invalid:#8c5a3c;
--c-suppressed:#4b6f9c;--c-held_out:#7fb0d8;--c-capped:#2f4a6d;--c-to_go:#d5dae2;--c-others:#d99417}
@media screen and (prefers-color-scheme:dark){:root{
--page:#0f1216;--card:#181c22;--text:#e5e8ed;--soft:#a3acba;--line:#2b313a;--accent:#63d2a6;--mark:#54430f;--phone:#0b0d10;
--good:#7fe0b8;--good-bg:#12382a;--busy:#9cc5ff;--busy-bg:#152c4d;--bad:#ff9d94;--bad-bg:#48191a;--mild:#f2c878;--mild-bg:#3f2e0d;
--c-sent:#2fae80;--c-no_code:#6d7788;--c-rejected:#e0a436;--c-failed:#e2574d;--c-unknown:#9d7be6;--c-invalid:#b07b57;
--c-suppressed:#6d93c4;--c-held_out:#a3cbec;--c-capped:#49709f;--c-to_go:#343b46;--c-others:#e0a436}}
`;

const TEXT = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;-webkit-text-size-adjust:100%;overflow-wrap:anywhere}
body>header,main,footer{max-width:60rem;margin:0 auto;padding:0 1rem}
body>header{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.25;margin:.1rem 0 .6rem;letter-spacing:-.01em}
h2{font-size:1.05rem;line-height:1.3;margin:0 0 .85rem}
p{margin:0 0 .75rem}
code,.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}
code{background:var(--page);border:1px solid var(--line);border-radius:.3rem;padding:.05rem .3rem;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.kicker{margin:0;color:var(--accent);font-size:.8rem;font-weight:600;letter-spacing:.06em;text-transform:uppercase}
.line{display:flex;flex-wrap:wrap;gap:.3rem .75rem;align-items:baseline;color:var(--soft);font-size:.92rem}
.lead{font-size:1.15rem;line-height:1.45;max-width:44rem}
.note{color:var(--soft);font-size:.85rem}
.dim{color:var(--soft)}
.why{border-left:3px solid var(--bad);padding-left:.75rem;max-width:44rem}
.notice{background:var(--mild-bg);color:var(--mild);border-radius:.5rem;padding:.55rem .8rem;font-size:.92rem}
.pill{border-radius:1rem;padding:.1rem .65rem;font-size:.85rem;font-weight:600}
.good{color:var(--good);background:var(--good-bg)}.busy{color:var(--busy);background:var(--busy-bg)}
.bad{color:var(--bad);background:var(--bad-bg)}.mild{color:var(--mild);background:var(--mild-bg)}
strong.trouble{color:var(--bad);font-weight:600}
.remedy{display:block;border-left:2px solid var(--accent);padding-left:.5rem;margin:.15rem 0}
mark{background:var(--mark);color:inherit;border-radius:.2rem;padding:0 .2rem}
footer{padding:0 1rem 2.5rem;color:var(--soft);font-size:.85rem}
`;

const LAYOUT = `
main{display:grid;gap:1rem;padding-top:1rem;padding-bottom:1.5rem}
main>*,.pair>*,.halves>*,.stack>*{min-width:0}
.pair,.halves,.stack{display:grid;gap:1rem;align-items:start}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem 1.1rem 1.2rem}
section>:last-child{margin-bottom:0}
.figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1px;margin:1.1rem 0 0;background:var(--line);border:1px solid var(--line);border-radius:.75rem;overflow:hidden}
.figures div{background:var(--card);padding:.75rem 1rem}
.figures div:first-child{grid-column:1/-1}
.figures dt{color:var(--soft);font-size:.82rem}
.figures dd{margin:0;font-size:1.4rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.figures dd.note{font-size:.82rem;font-weight:400;min-height:1.1rem}
.plain{list-style:none;margin:0;padding:0;display:grid;gap:.5rem}
@media (min-width:48rem){
.pair{grid-template-columns:19rem minmax(0,1fr)}.halves{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.figures{grid-template-columns:repeat(5,minmax(0,1fr))}.figures div:first-child{grid-column:auto}
section{padding:1.3rem 1.4rem 1.4rem}}
`;

const PHONE = `
.phone{background:var(--phone);border-radius:1.1rem;padding:1rem .8rem;margin:0 0 .8rem;max-width:22rem}
.bubble{background:var(--card);border-radius:.6rem;padding:.9rem .95rem .2rem}
.subject{font-weight:600;margin:0 0 .6rem}
.large{text-align:center;font-size:1.6rem;font-weight:600;line-height:1.25;margin:.2rem 0 .8rem}
.large span{display:block;color:var(--soft);font-size:.8rem;font-weight:400}
.phone dl{margin:0 0 .7rem;font-size:.92rem}
.phone dl div{display:grid;grid-template-columns:minmax(3.5rem,auto) minmax(0,1fr);gap:.7rem;padding:.12rem 0}
.phone dt{color:var(--soft);max-width:7rem}
.phone dd{margin:0}
.opens{border-top:1px solid var(--line);margin:0;padding:.55rem 0;font-size:.86rem}
.opens span{color:var(--soft)}
.variant{margin:0}.variant figcaption{font-size:.88rem;font-weight:600;margin-bottom:.4rem}
`;

const TABLES = `
table{width:100%;border-collapse:collapse;font-size:.95rem}
table.small{font-size:.88rem}
thead th{color:var(--soft);font-size:.8rem;font-weight:500;border-bottom:1px solid var(--line)}
th,td{text-align:left;vertical-align:top;padding:.42rem .6rem .42rem 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
tbody tr:last-child>*{border-bottom:0}
tbody th{font-weight:500}
td .note,th .note,figcaption .note{display:block;font-weight:400;font-family:inherit}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.together{white-space:nowrap}
.facts{margin:0}
.facts div{padding:.42rem 0;border-bottom:1px solid var(--line)}
.facts div:last-child{border-bottom:0}
.facts dt{color:var(--soft);font-size:.82rem}
.facts dd{margin:0}
.number{display:inline-block;min-width:1.35rem;padding:0 .3rem;margin-right:.2rem;border-radius:.3rem;background:var(--busy-bg);color:var(--busy);font-size:.8rem;text-align:center}
`;

const CHARTS = `
.bar{display:block;width:100%;height:1.6rem;border-radius:.35rem;margin-bottom:.9rem}
.key{width:.75rem;height:.75rem;margin-right:.45rem;vertical-align:-.05rem}
${[
  "sent",
  "no_code",
  "rejected",
  "failed",
  "unknown",
  "invalid",
  "suppressed",
  "held_out",
  "capped",
  "to_go",
  "others",
]
  .map((name) => `.c-${name}{fill:var(--c-${name})}`)
  .join("")}
.chart{margin:0 0 1rem}
.frame{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.5rem}
.scale{display:flex;flex-direction:column;justify-content:space-between;height:9rem;margin:-.55rem 0;height:10.1rem;color:var(--soft);font-size:.75rem;text-align:right;font-variant-numeric:tabular-nums}
.plot svg{display:block;width:100%;height:9rem}
.grid{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.axis{stroke:var(--soft);stroke-width:1;vector-effect:non-scaling-stroke}
.end{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3;vector-effect:non-scaling-stroke}
.end.trouble{stroke:var(--c-failed);stroke-width:2;stroke-dasharray:none}
.bands{position:relative;overflow:hidden;margin-top:.35rem}
.band{position:absolute;height:1.1rem;min-width:3px;overflow:hidden;border-radius:.25rem;background:var(--busy-bg);color:var(--busy);font-size:.72rem;line-height:1.1rem;text-align:center}
.band.trouble{background:var(--bad-bg);color:var(--bad)}
.when{display:flex;justify-content:space-between;gap:1rem;margin:.35rem 0 .5rem;color:var(--soft);font-size:.75rem}
.when span:last-child{text-align:right}
figcaption{color:var(--soft);font-size:.85rem}
figcaption .key+.key,figcaption .key:not(:first-child){margin-left:.5rem}
details{margin:0 0 1rem}
summary{cursor:pointer;color:var(--accent);font-size:.88rem;padding:.2rem 0}
`;

const PAPER = `
@page{margin:14mm}
@media print{
body{background:#fff;font-size:10pt}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body>header,main,footer{max-width:none;padding-left:0;padding-right:0}
body>header{padding-top:0}
section{break-inside:auto;padding:.8rem 1rem}
.phone,.bar,.chart,.figures,tr,.facts div{break-inside:avoid}
h2{break-after:avoid}thead{display:table-header-group}
.pair{grid-template-columns:17rem minmax(0,1fr)}.halves{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.figures{grid-template-columns:repeat(5,minmax(0,1fr))}.figures div:first-child{grid-column:auto}.figures dd{font-size:1.15rem}.figures dd.note{font-size:.82rem}
details{display:none}}
`;

export const STYLE = new Html([COLOURS, TEXT, LAYOUT, PHONE, TABLES, CHARTS, PAPER].join("").trim());
