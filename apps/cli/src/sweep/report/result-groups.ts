/** The results of a sweep in groups, one for each model and each evaluation of the file, for tables and pictures. */
import { canonical, evaluationOf, type CellRecord, type Figure } from "@ropewalk/evals";
import { paramText } from "../plan/param-text.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";

export type SeenCell = {
  readonly cell: PlannedCell;
  readonly length: number;
  /** Absent: not done. */
  readonly record?: CellRecord;
  readonly figures: readonly Figure[];
};

export type Group = {
  readonly model: string;
  readonly kind: string;
  /** The parameters that all its cells share, in words. */
  readonly about: string;
  readonly methods: readonly string[];
  readonly lengths: readonly number[];
  readonly cells: readonly SeenCell[];
  /** The names of the figures. Pictures show the first one. */
  readonly figures: readonly GroupFigure[];
};

export type GroupFigure = Omit<Figure, "value">;

/** Parameters in which cells of one group may differ. */
const within = new Set(["length", "depth", "seed"]);

/** The figures of a result whose kind names no figures: all its numbers. */
const numbersOf = (result: object): readonly Figure[] =>
  Object.entries(result).flatMap(([name, value]) =>
    typeof value === "number" && !within.has(name) ? [{ name, value }] : [],
  );

const seen = (cell: PlannedCell, record: CellRecord | undefined): SeenCell => {
  const row = evaluationOf("sweep", cell.evaluation.kind);
  const figures = record === undefined ? [] : (row.figures ?? numbersOf)(record.result);
  return { cell, length: row.length(cell.evaluation.params), ...(record && { record }), figures };
};

const shared = (cells: readonly SeenCell[]): string => {
  const all = cells.map(({ cell }) => Object.entries(cell.evaluation.params as Readonly<Record<string, unknown>>));
  const values = (key: string): readonly string[] => [
    ...new Set(all.map((entries) => JSON.stringify(entries.find(([name]) => name === key)?.[1]))),
  ];
  return all[0]!
    .filter(([key]) => key !== "length" && values(key).length === 1)
    .map(([key, value]) => `${key} ${paramText(value)}`)
    .join(", ");
};

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

/** The groups in the order of the sweep's file. Methods of a part are in the order of `all`. */
export const groupsOf = (
  cells: readonly PlannedCell[],
  records: ReadonlyMap<string, CellRecord>,
  all: readonly PlannedCell[] = cells,
): readonly Group[] => {
  const labels = distinct(all.map(({ method }) => method.label));
  const groups = new Map<string, SeenCell[]>();
  for (const cell of cells) {
    const { kind, params, entry } = cell.evaluation;
    const apart = Object.entries(params).filter(([key]) => !within.has(key));
    const key = canonical({ model: cell.model.label, kind, entry, apart: Object.fromEntries(apart) });
    groups.set(key, [...(groups.get(key) ?? []), seen(cell, records.get(cell.hash))]);
  }
  return [...groups.values()].map((own) => {
    const { model, evaluation } = own[0]!.cell;
    return {
      model: model.label,
      kind: evaluation.kind,
      about: shared(own),
      cells: own,
      methods: labels.filter((label) => own.some(({ cell }) => cell.method.label === label)),
      lengths: distinct(own.map(({ length }) => length)).toSorted((a, b) => a - b),
      figures: (own.find(({ figures }) => figures.length > 0)?.figures ?? []).map((figure) => {
        const { value: _, ...named } = figure;
        return named;
      }),
    };
  });
};

/** The mean of a figure over the cells of a method at a length; undefined when a cell is missing. */
export const meanOf = (
  { cells }: Pick<Group, "cells">,
  { method, length, figure }: { readonly method: string; readonly length: number; readonly figure: string },
): number | null | undefined => {
  const own = cells.filter((each) => each.cell.method.label === method && each.length === length);
  const values = own.map(({ figures }) => figures.find(({ name }) => name === figure)?.value);
  if (values.length === 0 || values.includes(undefined)) return undefined;
  if (values.includes(null)) return null;
  return (values as readonly number[]).reduce((sum, value) => sum + value, 0) / values.length;
};

/** The best mean at a length; undefined when fewer than two values differ. */
export const bestOf = (group: Group, figure: GroupFigure, length: number): number | undefined => {
  const better = figure.better ?? (figure.share === true ? "high" : undefined);
  const values = group.methods
    .map((method) => meanOf(group, { method, length, figure: figure.name }))
    .filter((value): value is number => typeof value === "number");
  if (better === undefined || new Set(values).size < 2) return undefined;
  return better === "high" ? Math.max(...values) : Math.min(...values);
};

/** A figure in a table: a share in percent, another number with three decimals. */
export const figureText = ({ share }: Pick<Figure, "share">, value: number | null | undefined): string => {
  if (value === undefined) return "·";
  if (value === null) return "-";
  return share === true ? `${Math.round(100 * value)}%` : value.toFixed(value >= 100 ? 1 : 3);
};
