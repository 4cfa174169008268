/**
 * The costs of prefill and decoding by context, as two tables: a row for each model, and below it the ratio to the first model. Rates
 * are tokens per second; ratios are of times and of bytes.
 */
import type { ContextCosts, ModelCost } from "../bench/measure-costs.ts";
import type { Cost } from "../bench/time-run.ts";
import { renderTable, type Column } from "./table.ts";
import { bytes, perSecond } from "./units.ts";

type Cells = {
  readonly columns: readonly Column[];
  readonly own: (cost: ModelCost) => readonly string[];
  readonly compared: (ratio: Cost, bytesRatio: number) => readonly string[];
};

const right = (head: string): Column => ({ head, align: "right" });

const time = (milliseconds: number): string => milliseconds.toPrecision(3);

const prefill: Cells = {
  columns: [right("prefill tokens/s"), right("ms/token")],
  own: (cost) => [perSecond(1, cost.prefill), time(cost.prefill)],
  compared: (ratio) => ["", ratio.prefill.toFixed(2)],
};

const decode: Cells = {
  columns: [right("decode tokens/s"), right("ms/token"), right("key-value memory")],
  own: (cost) => [perSecond(1, cost.decode), time(cost.decode), bytes(cost.keyValueBytes)],
  compared: (ratio, bytesRatio) => ["", ratio.decode.toFixed(2), bytesRatio.toFixed(2)],
};

const render = (names: readonly string[], contexts: readonly ContextCosts[], cells: Cells): string =>
  renderTable(
    [right("context"), { head: "method", align: "left" }, ...cells.columns],
    contexts.flatMap(({ context, costs }) =>
      costs.flatMap((cost, model) => {
        const own = [`${context}`, names[model]!, ...cells.own(cost)];
        if (cost.ratio === undefined) return [own];
        const compared = cells.compared(cost.ratio, cost.keyValueBytes / costs[0]!.keyValueBytes);
        return [own, [`${context}`, `${names[model]} / ${names[0]}`, ...compared]];
      }),
    ),
  );

/** @param names - of the models, in the order of their costs */
export const renderSpeeds = (names: readonly string[], contexts: readonly ContextCosts[]): string =>
  [prefill, decode].map((cells) => render(names, contexts, cells)).join("\n");
