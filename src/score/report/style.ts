/** The page's style sheet. Colours are named once, for light and for dark. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5b6776;--line:#dde2e8;--hit:#14866d;--miss:#c2255c;--false:#d9480f;--twice:#7048e8;--grey:#8a94a0;--track:#e9edf1;--link:#1864ab}
@media(prefers-color-scheme:dark){:root{--bg:#12171d;--card:#1a2129;--ink:#e4e9ee;--soft:#9aa7b4;--line:#2c3641;--hit:#3ccfa8;--miss:#f783ac;--false:#ff922b;--twice:#a38bfa;--grey:#75808c;--track:#28313b;--link:#74c0fc}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:1320px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:24px;margin:0 0 2px}
h2{font-size:18px;margin:36px 0 10px;display:flex;gap:10px;align-items:baseline}
h2 .count{color:var(--soft);font-weight:400}
p{margin:6px 0}
.soft,figcaption,.note{color:var(--soft)}
.note{font-size:13px}
a{color:var(--link)}
.panel{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:18px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.tile b{display:block;font-size:26px;line-height:1.2;font-weight:650}
.tile span{color:var(--soft);font-size:13px}
.fails{border-left:4px solid var(--miss)}
.keeps{border-left:4px solid var(--hit)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:7px 8px;border-bottom:1px solid var(--line);vertical-align:middle}
td{white-space:nowrap}
td.wrap{white-space:normal;min-width:130px;overflow-wrap:anywhere}
tbody tr:last-child td{border-bottom:0}
th{font-size:12px;color:var(--soft);font-weight:600}
th.n,td.n{text-align:right}
tr.sum td{font-weight:650;border-top:2px solid var(--line)}
td .bar{display:inline-block;vertical-align:middle;margin-right:8px}
.js th[data-sortable]{cursor:pointer}
.js th[data-sortable]:hover{color:var(--ink)}
th[aria-sort=ascending]::after{content:" \\2191"}
th[aria-sort=descending]::after{content:" \\2193"}
.bad{color:var(--miss)}.good{color:var(--hit)}
.controls{display:none;position:sticky;top:0;z-index:2;gap:10px;flex-wrap:wrap;align-items:center;background:var(--bg);padding:10px 0;border-bottom:1px solid var(--line);margin-top:20px}
.js .controls{display:flex}
.controls input,.controls select,.controls button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:7px;padding:6px 10px}
.controls input{min-width:260px}
.sorting{display:none;margin:0 0 10px}.js .sorting{display:block}.sorting select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:7px;padding:4px 8px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:14px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden;border-top:3px solid var(--grey);display:flex;flex-direction:column}
.card.miss{border-top-color:var(--miss)}.card.false{border-top-color:var(--false)}.card.twice{border-top-color:var(--twice)}.card.hit{border-top-color:var(--hit)}
.card:target,tr:target{outline:3px solid var(--link)}
.card .text{padding:10px 12px 12px}
.card .why{margin:4px 0 6px}
.card small{color:var(--soft);display:block;overflow-wrap:anywhere}
.chip{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:0 8px;font-size:12px;color:var(--soft)}
.frame{position:relative;background:#0c1014;line-height:0}
.js .frame.photo{cursor:zoom-in}
.frame img{width:100%;height:auto;display:block}
.frame.photo svg{position:absolute;inset:0;width:100%;height:100%}
.frame.drawing{background:var(--track)}
.frame.drawing svg{width:100%;height:auto}
.frame.none{background:var(--track);color:var(--soft);line-height:1.4;font-size:13px;padding:26px 14px;text-align:center}
dialog{border:0;padding:0;background:#0c1014;max-width:96vw;max-height:96vh;width:min(1280px,96vw)}
dialog::backdrop{background:#000b}
dialog .frame{cursor:zoom-out}
svg.timeline{display:block;width:100%;min-width:900px;height:auto}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--soft);margin:0 0 8px}
.legend svg{vertical-align:-2px;margin-right:6px}
svg text{font:12px system-ui,"Noto Sans","Noto Sans CJK SC",sans-serif;fill:var(--soft)}
svg text.type{font-weight:650;fill:var(--ink)}
svg .grid{stroke:var(--line)}svg .track{fill:var(--track)}
svg .label-hit{fill:var(--hit);fill-opacity:.3;stroke:var(--hit)}
svg .label-miss{fill:none;stroke:var(--miss);stroke-width:2}
svg .label-ignored{fill:none;stroke:var(--grey);stroke-dasharray:3 2}
svg .label-decoy{fill:var(--grey);fill-opacity:.3;stroke:var(--grey);stroke-dasharray:2 2}
svg .found-hit{fill:var(--hit)}svg .found-false{fill:var(--false)}svg .found-twice{fill:var(--twice)}
svg .opened{stroke:var(--ink);stroke-width:2}
svg .only-a{fill:var(--miss)}svg .only-b{fill:var(--twice)}
svg .b-hit{fill:var(--hit)}svg .b-mid{fill:var(--false)}svg .b-low{fill:var(--miss)}
svg .line{fill:none;stroke:var(--link);stroke-width:2}svg .limit{stroke:var(--miss);stroke-dasharray:5 4}
svg .dot{fill:var(--link)}svg .spot{fill:var(--miss);fill-opacity:.25;stroke:var(--miss)}
[hidden]{display:none!important}
@media print{.controls{display:none!important}body{background:#fff}}
`;
