/** The loss by position as a table; the last row is all positions together. */
import type { MeanLoss, Perplexity } from "@ropewalk/evals";
import Table from "cli-table3";

const row = (positions: string, { loss, tokens }: MeanLoss): readonly string[] => [
  positions,
  loss.toFixed(3),
  Math.exp(loss).toFixed(2),
  tokens.toLocaleString("en"),
];

export const renderLosses = (losses: Perplexity): string => {
  const table = new Table({
    head: ["positions", "nats per token", "perplexity", "tokens scored"],
    colAligns: ["right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const bucket of losses.buckets) table.push([...row(`${bucket.from}-${bucket.to}`, bucket)]);
  table.push([...row("all", losses)]);
  return table.toString();
};
