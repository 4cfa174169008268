/** Losses as tables: one method by position with its perplexity, or several methods side by side, a column each. */
import { renderTable, type Column } from "./table.ts";

/** The mean loss of scored tokens; null or NaN when no token was scored. */
type Mean = { readonly loss: number | null; readonly tokens: number };

export type LossRow = Mean & { readonly label: string };

type Losses = Mean & { readonly buckets: readonly (Mean & { readonly from: number; readonly to: number })[] };

const right = (head: string): Column => ({ head, align: "right" });

const row = ({ label, loss, tokens }: LossRow): readonly string[] => [
  label,
  ...(tokens === 0 || loss === null ? ["-", "-"] : [loss.toFixed(3), Math.exp(loss).toFixed(2)]),
  tokens.toLocaleString("en"),
];

/** @param first - the head of the first column: positions, or context */
export const renderLossRows = (first: string, rows: readonly LossRow[]): string =>
  renderTable([first, "nats per token", "perplexity", "tokens scored"].map(right), rows.map(row));

/** The rows by position, and a row of all positions. */
export const lossRows = ({ buckets, loss, tokens }: Losses): readonly LossRow[] => [
  ...buckets.map((bucket) => ({ label: `${bucket.from}-${bucket.to}`, loss: bucket.loss, tokens: bucket.tokens })),
  { label: "all", loss, tokens },
];

export const renderLosses = (losses: Losses): string => renderLossRows("positions", lossRows(losses));

/** The most methods side by side. */
const mostAcross = 6;

export type MethodLosses = { readonly name: string; readonly words: string; readonly rows: readonly LossRow[] };

/** Nats per token, a numbered column for each method. The first lines explain the numbers. */
export const renderLossesOfAll = (first: string, methods: readonly MethodLosses[]): string => {
  const blocks = Array.from({ length: Math.ceil(methods.length / mostAcross) }, (_, block) => {
    const own = methods.slice(block * mostAcross, (block + 1) * mostAcross);
    const heads = own.map((_, index) => `${block * mostAcross + index + 1}`);
    return renderTable(
      [first, ...heads, "tokens scored"].map(right),
      own[0]!.rows.map(({ label, tokens }, index) => [
        label,
        ...own.map(({ rows }) => rows[index]!.loss?.toFixed(3) ?? "-"),
        tokens.toLocaleString("en"),
      ]),
    );
  });
  const names = methods.map(({ name, words }, index) => `${index + 1}  ${name}: ${words}`);
  return [...names, "Nats per token:", ...blocks].join("\n");
};
