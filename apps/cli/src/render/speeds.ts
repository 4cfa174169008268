/** What prefill and decoding take by context, as a table: models side by side, and below them how they compare. */
import Table from "cli-table3";
import type { ContextCosts, ModelCost } from "../bench/measure.ts";
import { bytes, perSecond } from "./units.ts";

const cost = (milliseconds: number): string => milliseconds.toPrecision(3);

const row = ({ prefill, decode, keyValueBytes }: ModelCost): readonly string[] => [
  perSecond(1, prefill),
  cost(prefill),
  perSecond(1, decode),
  cost(decode),
  bytes(keyValueBytes),
];

/** Of times and of bytes; rates stand for themselves. */
const ratioRow = (first: ModelCost, { ratio, keyValueBytes }: ModelCost): readonly (readonly string[])[] =>
  ratio === undefined
    ? []
    : [["", ratio.prefill.toFixed(2), "", ratio.decode.toFixed(2), (keyValueBytes / first.keyValueBytes).toFixed(2)]];

/** @param names - of the models, in the order of their costs */
export const renderSpeeds = (names: readonly string[], contexts: readonly ContextCosts[]): string => {
  const table = new Table({
    head: ["context", "method", "prefill tokens/s", "ms/token", "decode tokens/s", "ms/token", "key-value memory"],
    colAligns: ["right", "left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const { context, costs } of contexts)
    costs.forEach((own, model) => {
      table.push([context, names[model], ...row(own)]);
      for (const compared of ratioRow(costs[0]!, own))
        table.push([context, `${names[model]} / ${names[0]}`, ...compared]);
    });
  return table.toString();
};
