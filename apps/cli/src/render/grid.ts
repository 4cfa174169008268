/** The passkey grid in a terminal: a block for each method, depths down, lengths across, green where every key is found. */
import type { PasskeyCell } from "@ropewalk/evals";
import pc from "picocolors";
import { renderTable, terminalWidth } from "./table.ts";
import { percent } from "./units.ts";

export type MethodCells = { readonly method: string; readonly cells: readonly PasskeyCell[] };

const backgroundOf = (share: number): ((text: string) => string) => {
  if (share >= 0.95) return pc.bgGreen;
  return share >= 0.5 ? pc.bgYellow : pc.bgRed;
};

const paint =
  (share: number) =>
  (text: string): string =>
    backgroundOf(share)(pc.black(text));

const width = 8;

const row = (label: string, cells: readonly string[]): string => `${label.padStart(6)} ${cells.join(" ")}`;

/** The most lengths that a terminal holds side by side. */
const mostAcross = Math.floor((terminalWidth - "tokens".length) / (width + 1));

const block = ({ method, cells }: MethodCells, lengths: readonly number[]): string => {
  const depths = [...new Set(cells.map(({ depth }) => depth))];
  const shown = (length: number, depth: number): string => {
    const cell = cells.find((candidate) => candidate.length === length && candidate.depth === depth)!;
    return paint(cell.found / cell.trials)(`${cell.found}/${cell.trials}`.padStart(width - 1).padEnd(width));
  };
  return [
    pc.bold(method),
    row(
      "tokens",
      lengths.map((length) =>
        String(length)
          .padStart(width - 1)
          .padEnd(width),
      ),
    ),
    ...depths.map((depth) =>
      row(
        percent(depth),
        lengths.map((length) => shown(length, depth)),
      ),
    ),
  ].join("\n");
};

/** The lengths, in groups that fit side by side. */
const groupsOf = ({ cells }: MethodCells): readonly (readonly number[])[] => {
  const lengths = [...new Set(cells.map(({ length }) => length))];
  return Array.from({ length: Math.ceil(lengths.length / mostAcross) }, (_, group) =>
    lengths.slice(group * mostAcross, (group + 1) * mostAcross),
  );
};

/** The grid of every method. A depth is the percentage of the text before the key; a cell is keys found of keys asked. */
export const renderGrid = (methods: readonly MethodCells[]): string =>
  methods.flatMap((method) => groupsOf(method).map((lengths) => block(method, lengths))).join("\n\n");

/** The prompts of a file, a row each: whether each method found the key. */
export const renderPrompts = (methods: readonly MethodCells[]): string => {
  const names = methods.map(({ method }, index) => `${index + 1}  ${method}`);
  const heads = ["prompt", "tokens", "depth", ...methods.map((_, index) => `${index + 1}`)];
  const rows = methods[0]!.cells.map(({ length, depth }, index) => [
    `${index + 1}`,
    `${length}`,
    percent(depth),
    ...methods.map(({ cells }) => `${cells[index]!.found}/${cells[index]!.trials}`),
  ]);
  const table = renderTable(
    heads.map((head) => ({ head, align: "right" as const })),
    rows,
  );
  return `${names.join("\n")}\n${table}`;
};
