/** Links in Markdown: what a file links to, and which of that is not there. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A heading's anchor as GitHub makes it, and the documentation site with it. */
export const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/<[^>]*>/g, "")
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** The text with code left out, fenced and inline, line by line as before. */
const withoutCode = (text: string): string =>
  text
    .replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2 *$/gm, (block) => block.replace(/[^\n]/g, ""))
    .replace(/(`+)(?!`)[^`]*?\1/g, (code) => code.replace(/[^\n]/g, ""));

/** Anchors of a Markdown file: a heading that is there twice has "-1" the second time. */
export const anchorsOf = (text: string): ReadonlySet<string> => {
  const seen = new Map<string, number>();
  const fenced = text.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2 *$/gm, "");
  const headings = [...fenced.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) =>
    slug(heading!.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "")),
  );
  const ids = [...fenced.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id!);
  const numbered = headings.map((anchor) => {
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
  return new Set([...numbered, ...ids]);
};

export type Link = { readonly line: number; readonly target: string };

/** Links and pictures, by `[text](target)`, `[name]: target`, `href` and `src`. */
export const linksOf = (text: string): readonly Link[] => {
  const plain = withoutCode(text);
  const found = [
    ...plain.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g),
    ...plain.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm),
    ...plain.matchAll(/\s(?:href|src)="([^"]+)"/g),
  ];
  return found
    .map((match) => ({ line: plain.slice(0, match.index).split("\n").length, target: match[1]! }))
    .toSorted((a, b) => a.line - b.line);
};

const isElsewhere = (target: string): boolean => /^[a-z][a-z+.-]*:/i.test(target);

/** What a link of `file` stands for: a path from the repository's root, and an anchor in it. */
const resolve = (file: string, target: string): { readonly path: string; readonly anchor: string | undefined } => {
  const [path = "", anchor] = decodeURI(target).split("#");
  return { path: path === "" ? file : normalize(join(dirname(file), path)).replace(/\/$/, ""), anchor };
};

/** The Markdown that is shown where a path leads: a file, or a folder's README. */
const shownAt = (root: string, path: string): string | undefined => {
  if (path.endsWith(".md")) return path;
  const readme = `${path}/README.md`;
  return statSync(join(root, path)).isDirectory() && existsSync(join(root, readme)) ? readme : undefined;
};

/** Links of a Markdown file that lead to nothing. @param root - of the repository; @param file - from there */
export const deadLinks = (root: string, file: string): readonly string[] =>
  linksOf(readFileSync(join(root, file), "utf8")).flatMap(({ line, target }) => {
    if (isElsewhere(target)) return [];
    const at = `${file}:${line}: ${target}`;
    const { path, anchor } = resolve(file, target);
    if (target.startsWith("/") || path.startsWith("..")) return [`${at} must be relative and inside the repository`];
    if (!existsSync(join(root, path))) return [`${at}: there is no ${path}`];
    if (anchor === undefined || /^L\d+/.test(anchor)) return [];
    const shown = shownAt(root, path);
    if (shown === undefined) return [`${at}: ${path} has no headings`];
    return anchorsOf(readFileSync(join(root, shown), "utf8")).has(anchor) ? [] : [`${at}: ${shown} has no #${anchor}`];
  });
