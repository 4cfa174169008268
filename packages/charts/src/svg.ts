/**
 * The parts of a picture: a self-contained SVG document that is legible on a narrow phone, and light or dark as the reader's system is.
 * Every style rule states its colour in full, so that a viewer without dark mode draws the light picture. All documents have the same
 * rules, so that several fit in one page.
 */
import { dark, light, type Theme } from "./colours.ts";

/** The width of every picture in its own units. Text of height 12 is 10 pixels high on a screen of 360 pixels. */
export const pageWidth = 420;

/** As it opens by itself. */
const shownWidth = 560;

const escape = (content: string): string => content.replace(/[<>&"]/g, (mark) => `&#${mark.charCodeAt(0)};`);

/** @param kind - its class in the document's style */
export const text = (x: number, y: number, content: string, kind = "note"): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" class="${kind}">${escape(content)}</text>`;

/** A number rounded to one decimal, written as short as possible. */
export const fixed = (value: number): string => String(Math.round(value * 10) / 10);

/** Breaks a text into lines of at most `most` characters, at spaces where possible. */
export const linesOf = (content: string, most: number): readonly string[] => {
  const lines: string[] = [];
  for (let rest = content; rest !== "";) {
    const space = rest.length <= most ? rest.length : rest.lastIndexOf(" ", most);
    const end = space > 0 ? space : most;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return lines;
};

const themed = ({ ground, ink, faint, mark, series }: Theme): string =>
  [
    `text{fill:${ink}}`,
    `.ground{fill:${ground}}`,
    `.faint{stroke:${faint}}`,
    `.mark{stroke:${mark}}`,
    ...series.map((colour, index) => `.s${index} path{stroke:${colour}}.s${index} circle{fill:${colour}}`),
  ].join("");

const scope = ".ropewalk-chart";

const scoped = (rules: string): string => rules.replaceAll(/(^|\})(?=[^}])/g, `$1${scope} `);

const style =
  scoped(
    "text{font:12px system-ui,sans-serif}.title{font-weight:600;font-size:14px}.panel{font-weight:600}.down{text-anchor:end}" +
      ".across{text-anchor:middle}.count{text-anchor:middle;font-size:11px;fill:#111}path{fill:none}.mark{stroke-dasharray:4 3}" +
      `.line path{stroke-width:2}.dashed path{stroke-dasharray:6 3}${themed(light)}.count{fill:#111}`,
  ) + `@media(prefers-color-scheme:dark){${scoped(`${themed(dark)}.count{fill:#111}`)}}`;

export type Page = {
  readonly height: number;
  /** The text that a screen reader reads, and the tooltip. */
  readonly title: string;
};

export const svgDocument = ({ height, title }: Page, parts: readonly string[]): string => {
  const tall = Math.ceil(height);
  const size = `width="${shownWidth}" height="${Math.round((tall * shownWidth) / pageWidth)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="ropewalk-chart" ${size} viewBox="0 0 ${pageWidth} ${tall}" style="max-width:100%;height:auto" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}</style>`,
    `<rect width="100%" height="100%" class="ground"/>`,
    ...parts,
    `</svg>`,
    "",
  ].join("\n");
};

/** Elements of a picture, and the height at which they end. */
export type Part = { readonly parts: readonly string[]; readonly bottom: number };

/** A heading of one or more lines, and the height at which the next line begins. */
export const heading = (content: string): Part => {
  const lines = linesOf(content, 48);
  return {
    parts: lines.map((line, index) => text(14, 24 + 18 * index, line, "title")),
    bottom: 14 + 18 * lines.length,
  };
};

/** Notes below each other from `top` on, and the height at which they end. */
export const notes = (top: number, content: readonly string[], left = 14): Part => {
  const lines = content.flatMap((note) => linesOf(note, Math.floor((pageWidth - left) / 6.2)));
  return {
    parts: lines.map((line, index) => text(left, top + 12 + 16 * index, line)),
    bottom: top + 16 * lines.length,
  };
};
