/** The rows, the table and the curves of the study beyond the tuned window. */
import type { Curve } from "@ropewalk/charts";
import { absent, renderTable } from "../render/table.ts";
import type { Results } from "../run/results.ts";
import type { BeyondCell, BeyondResult } from "./work.ts";

export type Row = {
  readonly name: string;
  readonly model: BeyondCell["model"];
  readonly groupSize?: number;
  readonly window?: number;
};

/** The smallest groups that 8,192 tokens allow in a trained window of 512 and in a tuned one of 2,048, and larger ones. */
export const rows: readonly Row[] = [
  { name: "plain", model: "own" },
  { name: "SelfExtend alone, G=32 W=256", model: "own", groupSize: 32, window: 256 },
  { name: "Entropy-ABF alone, tuned", model: "tuned" },
  { name: "both, G=8 W=512", model: "tuned", groupSize: 8, window: 512 },
  { name: "both, G=8 W=1,024", model: "tuned", groupSize: 8, window: 1024 },
  { name: "both, G=16 W=512", model: "tuned", groupSize: 16, window: 512 },
];

export type BeyondConfig = Pick<BeyondCell, "length" | "windows" | "bucket">;

export const cellOf = ({ model, groupSize, window }: Row, config: BeyondConfig): BeyondCell => ({
  model,
  ...(groupSize === undefined || window === undefined ? {} : { groupSize, window }),
  ...config,
});

export type Found = Pick<Results<BeyondCell, BeyondResult>, "get">;

/** A row for each bucket, a column for each model. */
export const beyondTable = (found: Found, config: BeyondConfig): string => {
  const heads = rows.map((_, at) => String.fromCharCode(65 + at));
  const buckets = Array.from({ length: config.length / config.bucket }, (_, at) => at);
  return renderTable(
    ["positions", ...heads],
    buckets.map((at) => [
      `${(at * config.bucket).toLocaleString("en")}-${((at + 1) * config.bucket).toLocaleString("en")}`,
      ...rows.map((row) => found.get(cellOf(row, config))?.losses[at]?.toFixed(3) ?? absent),
    ]),
  );
};

export const legend = (): readonly string[] => rows.map(({ name }, at) => `- ${String.fromCharCode(65 + at)}: ${name}`);

/** A bucket's loss is drawn over the bucket's middle. */
export const beyondCurves = (found: Found, config: BeyondConfig): readonly Curve[] =>
  rows.slice(0, 4).flatMap((row) => {
    const result = found.get(cellOf(row, config));
    return result === undefined
      ? []
      : [{ name: row.name, points: result.losses.map((y, at) => ({ x: (at + 0.5) * config.bucket, y })) }];
  });
