/** The passkey grid as a picture: one panel a method, lengths across, depths down. */
import type { MethodCells } from "./grid.ts";
import { svgDocument, text } from "./svg-parts.ts";
import { percent } from "./units.ts";

const cell = 44;
const left = 52;
const top = 64;
const gap = 28;

/** Red through yellow to green. */
const colour = (share: number): string => `hsl(${Math.round(120 * share)} 62% ${Math.round(62 - 8 * share)}%)`;

const panel = ({ method, cells }: MethodCells, x: number): string => {
  const lengths = [...new Set(cells.map(({ length }) => length))];
  const depths = [...new Set(cells.map(({ depth }) => depth))];
  const squares = cells.map(({ length, depth, found, trials }) => {
    const [cx, cy] = [x + lengths.indexOf(length) * cell, top + depths.indexOf(depth) * cell];
    return (
      `<rect x="${cx}" y="${cy}" width="${cell - 2}" height="${cell - 2}" rx="4" fill="${colour(found / trials)}"/>` +
      text(cx + cell / 2 - 1, cy + cell / 2 + 3, `${found}/${trials}`, "count")
    );
  });
  const columns = lengths.map((length, column) =>
    text(x + column * cell + cell / 2 - 1, top - 8, String(length), "across"),
  );
  return [text(x, top - 30, method, "title"), ...columns, ...squares].join("\n");
};

/** A self-contained SVG document. */
export const renderSvg = (methods: readonly MethodCells[]): string => {
  const first = methods[0]!.cells;
  const lengths = new Set(first.map(({ length }) => length)).size;
  const depths = [...new Set(first.map(({ depth }) => depth))];
  const panelWidth = lengths * cell;
  const width = left + methods.length * (panelWidth + gap);
  const height = top + depths.length * cell + 34;
  const page = {
    ...{ width, height, title: "Passkeys found, by length of the text and depth of the key" },
    style: ".count{text-anchor:middle;font-size:11px;fill:#111}",
  };
  return svgDocument(page, [
    ...depths.map((depth, index) => text(left - 8, top + index * cell + cell / 2 + 3, percent(depth), "down")),
    ...methods.map((method, index) => panel(method, left + index * (panelWidth + gap))),
    text(left, height - 12, "across: tokens of the text; down: depth of the key; in a cell: keys found of keys asked"),
  ]);
};
