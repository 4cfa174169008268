/** The share of keys that were found, by length of the text and depth of the key: one panel per method, lengths across, depths down. */
import { checkConfig, checkList, type Keys } from "@ropewalk/check";
import { goodness } from "./colours.ts";
import { fixed, heading, linesOf, notes, pageWidth, svgDocument, text } from "./svg.ts";

export type GridCell = {
  /** Tokens of the text. */
  readonly length: number;
  /** Where the key lies: 0 is the beginning of the text, 1 the end. */
  readonly depth: number;
  readonly found: number;
  readonly trials: number;
};

export type KeyGrid = {
  /** Default: a title for passkey grids. */
  readonly title?: string;
  readonly methods: readonly { readonly method: string; readonly cells: readonly GridCell[] }[];
};

const keys: Keys<KeyGrid> = { title: true, methods: checkList };

const [left, tall, mostAcross] = [52, 28, 8] as const;

const distinct = (values: readonly number[]): readonly number[] => [...new Set(values)];

/** One row of panels: the lengths that stand side by side. */
const block = (cells: readonly GridCell[], lengths: readonly number[], wide: number, top: number) => {
  const depths = distinct(cells.map(({ depth }) => depth));
  const parts = [
    ...lengths.map((length, column) => text(left + (column + 0.5) * wide, top + 12, String(length), "across")),
    ...depths.map((depth, row) =>
      text(left - 7, top + 20 + (row + 0.5) * tall + 3, `${Math.round(100 * depth)}%`, "down"),
    ),
    ...cells.flatMap(({ length, depth, found, trials }) => {
      const column = lengths.indexOf(length);
      if (column < 0) return [];
      const [x, y] = [left + column * wide, top + 20 + depths.indexOf(depth) * tall];
      const size = `width="${fixed(wide - 2)}" height="${tall - 2}" rx="4"`;
      return [
        `<rect x="${fixed(x)}" y="${y}" ${size} fill="${goodness(found / trials)}"/>` +
          text(x + wide / 2 - 1, y + tall / 2 + 3, `${found}/${trials}`, "count"),
      ];
    }),
  ];
  return { parts, bottom: top + 20 + depths.length * tall + 10 };
};

/** A self-contained SVG document. */
export const keyGrid = (config: KeyGrid): string => {
  const { title, methods } = checkConfig("keyGrid", config, keys);
  const parts: string[] = [];
  const head = title === undefined ? { parts: [], bottom: 8 } : heading(title);
  let { bottom } = head;
  for (const { method, cells } of methods) {
    for (const line of linesOf(method, 48)) {
      parts.push(text(14, bottom + 18, line, "title"));
      bottom += 18;
    }
    const lengths = distinct(cells.map(({ length }) => length));
    const groups = Math.ceil(lengths.length / mostAcross);
    const across = Math.ceil(lengths.length / groups);
    const wide = Math.min(58, (pageWidth - left - 14) / across);
    for (let group = 0; group < groups; group++) {
      const own = block(cells, lengths.slice(group * across, (group + 1) * across), wide, bottom + 8);
      parts.push(...own.parts);
      bottom = own.bottom;
    }
  }
  const foot = notes(bottom + 4, [
    ...["across: tokens of the text; down: depth of the key", "in a cell: keys found of keys asked"],
  ]);
  const page = {
    height: foot.bottom + 12,
    title: title ?? "Passkeys found, by length of the text and depth of the key",
  };
  return svgDocument(page, [...head.parts, ...parts, ...foot.parts]);
};
