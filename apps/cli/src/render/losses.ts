/** Losses as tables: of one method by position, its perplexity beside; of several side by side, a column each. */
import { renderTable, type Column } from "./table.ts";

/** The mean of what was scored; null or NaN where nothing was. */
type Mean = { readonly loss: number | null; readonly tokens: number };

export type LossRow = Mean & { readonly label: string };

type Losses = Mean & { readonly buckets: readonly (Mean & { readonly from: number; readonly to: number })[] };

const right = (head: string): Column => ({ head, align: "right" });

const row = ({ label, loss, tokens }: LossRow): readonly string[] => [
  label,
  ...(tokens === 0 || loss === null ? ["-", "-"] : [loss.toFixed(3), Math.exp(loss).toFixed(2)]),
  tokens.toLocaleString("en"),
];

/** @param first - what the rows are: positions, or tokens of context */
export const renderLossRows = (first: string, rows: readonly LossRow[]): string =>
  renderTable([first, "nats per token", "perplexity", "tokens scored"].map(right), rows.map(row));

/** By position, and all positions together. */
export const lossRows = ({ buckets, loss, tokens }: Losses): readonly LossRow[] => [
  ...buckets.map((bucket) => ({ label: `${bucket.from}-${bucket.to}`, loss: bucket.loss, tokens: bucket.tokens })),
  { label: "all", loss, tokens },
];

export const renderLosses = (losses: Losses): string => renderLossRows("positions", lossRows(losses));

/** As many methods as stand side by side. */
const mostAcross = 6;

export type MethodLosses = { readonly name: string; readonly words: string; readonly rows: readonly LossRow[] };

/** Nats per token, a column a method by its number; in the first line of each what the number stands for. */
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
