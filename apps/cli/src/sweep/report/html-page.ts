/** An HTML page with its style inside. */

export const escape = (text: string): string =>
  text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

const style = `
:root{color-scheme:light dark;--ground:#fff;--ink:#24292f;--soft:#57606a;--line:#d0d7de;--band:#f6f8fa;--link:#0072b2}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e6edf3;--soft:#8b949e;--line:#30363d;--band:#161b22;--link:#56b4e9}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 24px 48px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:20px;line-height:1.3;margin:0;overflow-wrap:anywhere}
h2 span{color:var(--soft);font-weight:400}
header p,.about,footer,nav span{color:var(--soft)}
header p,.about{margin:0 0 16px;overflow-wrap:anywhere}
nav ol{margin:0;padding:0 0 0 22px}
a{color:var(--link)}
section{border-top:1px solid var(--line);margin-top:28px;padding-top:24px}
.scroll{overflow-x:auto;margin:0 0 20px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:5px 14px 5px 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line);font-weight:400}
thead th{color:var(--soft);font-size:13px;border-bottom-width:2px}
th:first-child{text-align:left;min-width:120px}
tbody tr:hover{background:var(--band)}
details th,details td{text-align:left}
.tables{display:flex;flex-wrap:wrap;gap:0 56px}
.tables .scroll{max-width:100%}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:20px;align-items:start;margin-bottom:16px}
.pictures.uneven{display:block;columns:3 330px;column-gap:20px}
.uneven figure{margin-bottom:20px;break-inside:avoid}
figure{margin:0;border:1px solid var(--line);border-radius:8px;overflow:hidden}
figure svg{display:block;width:100%}
summary{cursor:pointer;color:var(--soft);}
footer{border-top:1px solid var(--line);margin-top:32px;padding-top:12px;font-size:13px}
@media(max-width:560px){main{padding:20px 14px 32px}h1{font-size:23px}th,td{padding-right:10px;font-size:14px}th:first-child{white-space:normal;min-width:104px}}
`;

export const page = (title: string, parts: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${parts.join("\n")}
</main>
</body>
</html>
`;
