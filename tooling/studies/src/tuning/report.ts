/** The tables of the tuning study, from the results so far. */
import type { Curve } from "@ropewalk/charts";
import { recipeNames } from "@ropewalk/finetune";
import type { EntropyResult } from "./entropy.ts";
import { absent, nats, renderTable } from "../render/table.ts";
import type { Results } from "../run/results.ts";
import { shortNames } from "../short-names.ts";
import {
  goalCell,
  heldOutSamples,
  reference,
  referenceCell,
  referenceInside,
  sampleCounts,
  stepCounts,
  tableCell,
  untunedCell,
  type Method,
  type TableConfig,
  type TuningCell,
  type TuningResult,
} from "./cells.ts";

export type Found = Pick<Results<TuningCell, TuningResult>, "get">;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean loss behind the trained window. All buckets have the same number of positions. */
export const behindOf = (result: TuningResult | undefined): number | undefined =>
  result && mean(result.losses.slice(1));

const signed = (difference: number): string => `${difference < 0 ? "-" : "+"}${Math.abs(difference).toFixed(2)}`;

/** The losses beside the reference figures, whose held-out stories are others: differences to the plain model tell more than the losses. */
export const referenceTable = (found: Found): string => {
  const plain = behindOf(found.get(referenceCell({ method: "plain", steps: 0 })));
  const inside = behindOf(found.get(goalCell(heldOutSamples)));
  const row = (name: string, here: number | undefined, there: number): readonly string[] => [
    name,
    nats(here),
    there.toFixed(2),
    here === undefined ? absent : signed(here - there),
    ...(here === undefined || plain === undefined
      ? [absent, signed(there - reference[0]!.loss)]
      : [signed(here - plain), signed(there - reference[0]!.loss)]),
  ];
  return renderTable(
    ["512 to 2,048", "here", "reference", "apart", "to plain", "there"],
    [
      ...reference.map((one) =>
        row(
          one.steps === 0 ? `${shortNames[one.method]}, untuned` : `${shortNames[one.method]}, ${one.steps} steps`,
          behindOf(found.get(referenceCell(one))),
          one.loss,
        ),
      ),
      row("plain, inside", inside, referenceInside),
    ],
  );
};

/** The fewest steps of a row with a loss below the goal. */
export const firstBelow = (
  goal: number | undefined,
  losses: readonly { readonly steps: number; readonly loss: number | undefined }[],
): string => {
  if (goal === undefined) return absent;
  for (const { steps, loss } of losses) {
    if (loss === undefined) return absent;
    if (loss < goal) return `${steps}`;
  }
  return `> ${losses.at(-1)!.steps}`;
};

export const stepsTable = (found: Found, config: TableConfig): string => {
  const goal = behindOf(found.get(goalCell(config.heldOut)));
  const rows = recipeNames.flatMap((method) =>
    sampleCounts.map((samples) => {
      const losses = [
        { steps: 0, loss: behindOf(found.get(untunedCell(method, config))) },
        ...stepCounts.map((steps) => ({
          steps,
          loss: behindOf(found.get(tableCell(config, method, samples, steps))),
        })),
      ];
      return [shortNames[method], `${samples}`, ...losses.map(({ loss }) => nats(loss)), firstBelow(goal, losses)];
    }),
  );
  return renderTable(["method", "samples", "0", ...stepCounts.map(String), "below"], rows);
};

const longest = Math.max(...stepCounts);

/** The losses of the longest runs on all samples, on their way. */
export const progressCurves = (found: Found, config: TableConfig): readonly Curve[] =>
  recipeNames.flatMap((name) => {
    const result = found.get(tableCell(config, name, Math.max(...sampleCounts), longest));
    return result === undefined
      ? []
      : [{ name, points: result.progress.map(({ step, loss }) => ({ x: step, y: loss })) }];
  });

/** The first of the looks on a run's way that is below the goal. */
export const passedAt = (goal: number, { progress }: Pick<TuningResult, "progress">): string => {
  const first = progress.find(({ loss }) => loss < goal);
  return first === undefined ? `> ${progress.at(-1)?.step ?? 0}` : `${first.step}`;
};

export const positionsTable = (found: Found, cells: readonly (readonly [string, TuningCell])[]): string =>
  renderTable(
    ["loss by position", "0-512", "512-1024", "1024-1536", "1536-2048"],
    cells.map(([name, cell]) => {
      const { losses = [undefined, undefined, undefined, undefined] } = found.get(cell) ?? {};
      return [name, ...losses.map(nats)];
    }),
  );

/** A row a layer and stretch of positions, a column a method. */
export const entropyTable = (
  title: string,
  columns: readonly { readonly method: Method; readonly result: EntropyResult | undefined }[],
): string => {
  const layers = columns.find(({ result }) => result !== undefined)?.result?.layers ?? [];
  return renderTable(
    [title, ...columns.map(({ method }) => shortNames[method])],
    layers.flatMap((_, layer) =>
      (["inside", "behind"] as const).map((part) => [
        `layer ${layer + 1}, ${part === "inside" ? "0-512" : "512-2,048"}`,
        ...columns.map(({ result }) => result?.layers[layer]?.[part].toFixed(2) ?? absent),
      ]),
    ),
  );
};
