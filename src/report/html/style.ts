/** The style sheet of pages: light and dark, on a phone and on paper. */
import { drawingStyle } from '../graph/svg/svg.js';

/** Pages have these colours under the names that drawings use. */
const light =
  '--bg:#ffffff;--fg:#1b1f24;--muted:#57606a;--line:#8c959f;--box:#f3f5f8;--soft:#e3e7ec;--accent:#0757ba;--good:#176f2c;--bad:#b3161b;--warn:#8a5a00;--good-bg:#e2f5e6;--bad-bg:#fde8e7;--warn-bg:#fdf3d7;--acc-bg:#e5f0fc';
const dark =
  '--bg:#0f1319;--fg:#e6edf3;--muted:#9aa4af;--line:#6e7681;--box:#1a2029;--soft:#2b323c;--accent:#6cb6ff;--good:#56d364;--bad:#ff7b72;--warn:#e3b341;--good-bg:#12301b;--bad-bg:#3d1a1c;--warn-bg:#352a0d;--acc-bg:#12294a';

const variables = {
  bg: 'var(--bg)',
  fg: 'var(--fg)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  box: 'var(--box)',
  accent: 'var(--accent)',
  good: 'var(--good)',
  bad: 'var(--bad)',
  warn: 'var(--warn)',
};

/** Lifelines that a ladder has columns for; further ones share the last. */
export const lifelinesMax = 6;

/** `.c-1-3`: from the first lifeline to the third, in a ladder whose columns lie between lifelines. */
function ladderColumns(): string {
  const rules: string[] = [];
  for (let count = 2; count <= lifelinesMax; count += 1)
    rules.push(`.n-${count}{grid-template-columns:repeat(${count - 1},minmax(0,1fr))}`);
  for (let from = 1; from < lifelinesMax; from += 1)
    for (let to = from + 1; to <= lifelinesMax; to += 1) rules.push(`.c-${from}-${to}{grid-column:${from}/${to}}`);
  return rules.join('\n');
}

export const pageStyle = `
:root{${light};color-scheme:light}
@media (prefers-color-scheme:dark){:root{${dark};color-scheme:dark}}
:root[data-theme=light]{${light};color-scheme:light}
:root[data-theme=dark]{${dark};color-scheme:dark}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
h1,h2,h3,h4{line-height:1.25;margin:0 0 .5rem;overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.25rem;padding-bottom:.3rem;border-bottom:1px solid var(--soft)}h3{font-size:1.05rem}h4{font-size:.95rem}
p{margin:.4rem 0;overflow-wrap:anywhere}
ul,ol{margin:.4rem 0;padding-left:1.3rem}
a{color:var(--accent)}
summary,button,b,li,dd{overflow-wrap:anywhere}
.muted{color:var(--muted)}.small{font-size:.86rem}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-100rem}.skip:focus{left:1rem;top:.5rem;background:var(--bg);padding:.3rem .6rem;z-index:9}
header.top{padding:1.1rem 1rem .6rem;max-width:78rem;margin:auto;display:flex;gap:1rem;justify-content:space-between;align-items:flex-start}
header.top>div{min-width:0}
nav.toc{position:sticky;top:0;z-index:5;background:var(--bg);border-bottom:1px solid var(--soft)}
nav.toc ul{display:flex;gap:.2rem 1.1rem;overflow-x:auto;list-style:none;margin:auto;padding:.5rem 1rem;max-width:78rem}
nav.toc li{white-space:nowrap}
nav.toc a{white-space:nowrap;text-decoration:none;display:inline-block;padding:.15rem 0}
nav.toc a:hover{text-decoration:underline}
main{max-width:78rem;margin:auto;padding:0 1rem 3rem}
section.part{margin-top:2rem;scroll-margin-top:3.5rem}
button{font:inherit;font-size:.86rem;color:var(--fg);background:var(--box);border:1px solid var(--line);border-radius:6px;padding:.25rem .7rem;cursor:pointer}
button:hover{border-color:var(--accent)}
button[aria-pressed=true]{background:var(--acc-bg);border-color:var(--accent)}
html:not(.js) .needs-js{display:none}
.bar{display:flex;flex-wrap:wrap;gap:.5rem;margin:.6rem 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.7rem;margin:.8rem 0;padding:0;list-style:none}
.tile{background:var(--box);border:1px solid var(--soft);border-radius:8px;padding:.6rem .8rem}
.tile b{display:block;font-size:1.5rem;line-height:1.2}
.tile.t-bad{border-left:5px solid var(--bad)}.tile.t-warn{border-left:5px solid var(--warn)}.tile.t-good{border-left:5px solid var(--good)}
.card{border:1px solid var(--soft);border-left:5px solid var(--line);border-radius:8px;padding:.6rem .8rem;margin:.6rem 0;background:var(--bg)}
.card.s-error{border-left-color:var(--bad)}.card.s-warning{border-left-color:var(--warn)}.card.s-info{border-left-color:var(--accent)}
.tag{display:inline-block;font-size:.78rem;font-weight:600;border-radius:999px;padding:.05rem .6rem;border:1px solid currentColor;white-space:nowrap}
.tag.k-good{color:var(--good);background:var(--good-bg)}.tag.k-bad{color:var(--bad);background:var(--bad-bg)}.tag.k-warn{color:var(--warn);background:var(--warn-bg)}.tag.k-acc{color:var(--accent);background:var(--acc-bg)}.tag.k-plain{color:var(--muted)}
pre{margin:.5rem 0;padding:.5rem .7rem;background:var(--box);border-radius:6px;overflow-x:auto;line-height:1.4}
pre .mark{color:var(--bad)}pre .second{color:var(--accent)}pre .plus{color:var(--good)}pre .minus{color:var(--bad)}
.scroll{overflow-x:auto;max-width:100%;margin:.6rem 0}
.scroll svg{display:block}
table{border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--soft);vertical-align:top}
td{overflow-wrap:anywhere;min-width:7em}td:has(code){min-width:11em}td.mono{min-width:12.5em}
table.grid th,table.grid td{text-align:center;padding:.2rem;min-width:1.9rem;border:1px solid var(--soft)}
table.grid th[scope=row]{text-align:right;position:sticky;left:0;background:var(--bg);padding-right:.6rem;white-space:nowrap;max-width:14rem;overflow:hidden;text-overflow:ellipsis}
table.grid a{display:block;text-decoration:none;font-weight:700}
.m-good{background:var(--good-bg)}.m-good a{color:var(--good)}.m-bad{background:var(--bad-bg)}.m-bad a{color:var(--bad)}
.m-none{color:var(--muted)}
details>summary{cursor:pointer}
details.fold{border:1px solid var(--soft);border-radius:8px;margin:.6rem 0;padding:0 .8rem}
details.fold>summary{padding:.55rem 0;font-weight:600;overflow-wrap:anywhere}
details.fold[open]{padding-bottom:.6rem}
ol.spd{list-style:none;padding:0 0 0 1rem;margin:.6rem 0;border-left:2px solid var(--line)}
ol.spd>li{position:relative;border:1px solid var(--soft);border-radius:8px;padding:.45rem .7rem;margin:.55rem 0;background:var(--box)}
ol.spd>li::before{content:"";position:absolute;left:-1rem;top:1.1rem;width:1rem;border-top:2px solid var(--line)}
ol.spd>li.never{background:none;border-style:dashed;border-color:var(--line);color:var(--muted)}
ol.spd>li.never::before{border-top-style:dotted}
ol.spd>li.gap{border:0;background:none;color:var(--muted)}
ol.spd code{display:block;overflow-wrap:anywhere}
.verdict{border-radius:8px;padding:.6rem .8rem;margin:.6rem 0;border:1px solid currentColor}
.verdict.k-good{background:var(--good-bg);color:var(--good)}.verdict.k-bad{background:var(--bad-bg);color:var(--bad)}.verdict.k-warn{background:var(--warn-bg);color:var(--warn)}
.verdict p{color:var(--fg)}
dl.facts{display:grid;grid-template-columns:fit-content(16rem) minmax(0,1fr);gap:.25rem 1rem;margin:.6rem 0}
dl.facts dt{color:var(--muted);overflow-wrap:anywhere}dl.facts dd{margin:0;overflow-wrap:anywhere}
.ladder{margin:.8rem 0;--time:5.2rem}
.ladder .heads,.ladder .row{display:grid;grid-template-columns:var(--time) minmax(0,1fr)}
.ladder .heads{position:sticky;top:2.6rem;z-index:3;background:var(--bg);padding:.3rem 0}
.ladder .names{grid-column:2;display:flex;justify-content:space-between;gap:.5rem}
.ladder .names b{background:var(--box);border:1.5px solid var(--line);border-radius:6px;padding:.15rem .6rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}
.msg>summary{list-style:none;display:block}
.msg>summary::-webkit-details-marker{display:none}
.msg>summary:hover .hit,.msg[open]>summary .hit{background:var(--acc-bg)}
.msg>summary .hit b::before{content:"\\25b8  ";color:var(--muted)}
.msg[open]>summary .hit b::before{content:"\\25be  "}
.ladder .time{font-size:.78rem;color:var(--muted);padding:.5rem .4rem 0 0;text-align:right;overflow-wrap:anywhere}
.ladder .life{display:grid;margin:0 1.6rem;position:relative}
.ladder .life>i{grid-row:1;border-left:1.5px solid var(--line);opacity:.7}
.ladder .life>i:last-of-type{border-right:1.5px solid var(--line)}
.ladder .hit{grid-row:1;padding:.35rem .5rem .4rem;text-align:center;position:relative;min-width:0;margin:0 2px}
.ladder .hit b{display:block;color:var(--accent);overflow-wrap:anywhere}
.ladder .hit .arrow{display:block;position:relative;height:0;border-top:2.5px solid var(--accent);margin:.3rem -.5rem .35rem}
.ladder .hit.right .arrow::after,.ladder .hit.left .arrow::after{content:"";position:absolute;top:-7px;border:6px solid transparent}
.ladder .hit.right .arrow::after{right:-1px;border-left:11px solid var(--accent);border-right:0}
.ladder .hit.left .arrow::after{left:-1px;border-right:11px solid var(--accent);border-left:0}
.ladder .prot b{color:var(--good)}.ladder .prot .arrow{border-color:var(--good)}.ladder .hit.prot.right .arrow::after{border-left-color:var(--good)}.ladder .hit.prot.left .arrow::after{border-right-color:var(--good)}
.ladder .open b{color:var(--warn)}.ladder .open .arrow{border-color:var(--warn)}.ladder .hit.open.right .arrow::after{border-left-color:var(--warn)}.ladder .hit.open.left .arrow::after{border-right-color:var(--warn)}
.ladder .lost b{color:var(--bad)}.ladder .lost .arrow{border-top-style:dashed;border-color:var(--bad)}
.ladder .hit.lost.right .arrow{margin-right:20%}.ladder .hit.lost.left .arrow{margin-left:20%}
.ladder .hit.lost .arrow::after{content:"\\2715";border:0;width:auto;top:-.95rem;color:var(--bad);font-weight:700}
.ladder .hit code{display:block;overflow-wrap:anywhere;font-size:.8rem}
.inside{border:1px solid var(--soft);border-radius:8px;margin:.2rem 0 .8rem;padding:.6rem .8rem;display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:.4rem 1.6rem;background:var(--bg)}
.inside>div{min-width:0}
.payload{margin:.2rem 0}
.payload>summary{overflow-wrap:anywhere}
.payload ul{list-style:none;padding-left:1rem;border-left:2px solid var(--soft);font-size:.82rem}
.payload li{overflow-wrap:anywhere}
.enc{border-left:3px solid var(--good);padding-left:.6rem;margin:.4rem 0}
${ladderColumns()}
footer{border-top:1px solid var(--soft);color:var(--muted);font-size:.86rem;padding:1rem;max-width:78rem;margin:auto}
.hide{display:none}
@media (max-width:40rem){
body{font-size:15px}
header.top{flex-direction:column;gap:.3rem}
.ladder{--time:0rem}
.ladder .heads,.ladder .row{grid-template-columns:minmax(0,1fr)}
.ladder .names{grid-column:1}
.ladder .time{text-align:center;padding:.3rem 0 0}
.ladder .life{margin:0 .4rem}
.inside{grid-template-columns:minmax(0,1fr)}
dl.facts{grid-template-columns:minmax(0,1fr)}dl.facts dd{margin-bottom:.4rem}
table.grid th[scope=row]{max-width:7rem}
}
@media print{
:root,:root[data-theme]{${light};color-scheme:light}
body{font-size:10pt}
nav.toc,.bar,.skip,button{display:none!important}
.ladder .heads{position:static}
.card,.tile,ol.spd>li,.ladder .row{break-inside:avoid}
h2,h3,h4,h2+p,summary,.ladder .heads,.msg>summary,thead,dt{break-after:avoid}
tr,dd,li,.verdict,pre{break-inside:avoid}
p,li,dd{orphans:3;widows:3}
summary{list-style:none}
summary::-webkit-details-marker{display:none}
.msg>summary .hit b::before,.msg[open]>summary .hit b::before{content:none}
.msg>summary .hit,.msg[open]>summary .hit{background:none}
details:not([open]):not(.payload)::details-content{content-visibility:visible;block-size:auto}
.inside{display:block;border:0;border-left:2px solid var(--soft);border-radius:0;padding:.1rem .8rem;margin-left:var(--time)}
.inside>div+div{margin-top:.4rem}
header.top,main,footer{max-width:none;padding-left:0;padding-right:0}
details.fold,.ladder .life{margin-left:0;margin-right:0}
.scroll{overflow:visible}.scroll svg{max-width:100%;height:auto}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
${drawingStyle(variables)}
`;
