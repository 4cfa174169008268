/** The passkey grid as a picture: one panel a method, lengths across, depths down. */
import type { MethodCells } from "./grid.ts";
import { percent } from "./units.ts";

const cell = 44;
const left = 52;
const top = 64;
const gap = 28;

/** Red through yellow to green. */
const colour = (share: number): string => `hsl(${Math.round(120 * share)} 62% ${Math.round(62 - 8 * share)}%)`;

const escape = (text: string): string => text.replace(/[<>&]/g, (mark) => `&#${mark.charCodeAt(0)};`);

const text = (x: number, y: number, content: string, extra = ""): string =>
  `<text x="${x}" y="${y}" ${extra}>${escape(content)}</text>`;

const panel = ({ method, cells }: MethodCells, x: number): string => {
  const lengths = [...new Set(cells.map(({ length }) => length))];
  const depths = [...new Set(cells.map(({ depth }) => depth))];
  const squares = cells.map(({ length, depth, found, trials }) => {
    const [cx, cy] = [x + lengths.indexOf(length) * cell, top + depths.indexOf(depth) * cell];
    return (
      `<rect x="${cx}" y="${cy}" width="${cell - 2}" height="${cell - 2}" rx="4" fill="${colour(found / trials)}"/>` +
      text(cx + cell / 2 - 1, cy + cell / 2 + 3, `${found}/${trials}`, `class="count"`)
    );
  });
  const columns = lengths.map((length, column) =>
    text(x + column * cell + cell / 2 - 1, top - 8, String(length), `class="axis"`),
  );
  return [text(x, top - 30, method, `class="title"`), ...columns, ...squares].join("\n");
};

/** A self-contained SVG document. */
export const renderSvg = (methods: readonly MethodCells[]): string => {
  const first = methods[0]!.cells;
  const lengths = new Set(first.map(({ length }) => length)).size;
  const depths = [...new Set(first.map(({ depth }) => depth))];
  const panelWidth = lengths * cell;
  const width = left + methods.length * (panelWidth + gap);
  const height = top + depths.length * cell + 34;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>Passkeys found, by length of the text and depth of the key</title>`,
    `<style>text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:14px}.axis,.count{text-anchor:middle}.count{font-size:11px;fill:#111}.depth{text-anchor:end}</style>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...depths.map((depth, index) => text(left - 8, top + index * cell + cell / 2 + 3, percent(depth), `class="depth"`)),
    ...methods.map((method, index) => panel(method, left + index * (panelWidth + gap))),
    text(left, height - 12, "across: tokens of the text; down: depth of the key; in a cell: keys found of keys asked"),
    `</svg>`,
    "",
  ].join("\n");
};
