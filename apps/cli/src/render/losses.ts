/** The loss by position as a table; the last row is all positions together. */
import type { MeanLoss, Perplexity } from "@ropewalk/evals";
import { renderTable, type Column } from "./table.ts";

const row = (positions: string, { loss, tokens }: MeanLoss): readonly string[] => [
  positions,
  ...(tokens === 0 ? ["-", "-"] : [loss.toFixed(3), Math.exp(loss).toFixed(2)]),
  tokens.toLocaleString("en"),
];

const columns: readonly Column[] = ["positions", "nats per token", "perplexity", "tokens scored"].map((head) => ({
  head,
  align: "right",
}));

export const renderLosses = (losses: Perplexity): string =>
  renderTable(columns, [
    ...losses.buckets.map((bucket) => row(`${bucket.from}-${bucket.to}`, bucket)),
    row("all", losses),
  ]);
