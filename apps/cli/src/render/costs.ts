/** What the runs cost: tokens per second and key-value memory, by method and length. */
import Table from "cli-table3";
import type { MethodCells } from "./grid.ts";
import { bytes, perSecond } from "./units.ts";

export type MethodCosts = MethodCells & {
  /** The mapping at each length, by name. */
  readonly positions: ReadonlyMap<number, string>;
  /** Lengths beyond the capacity. */
  readonly beyond: readonly number[];
};

export const renderCosts = (methods: readonly MethodCosts[]): string => {
  const table = new Table({
    head: ["method", "tokens", "positions", "prefill tokens/s", "decode tokens/s", "key-value memory"],
    colAligns: ["left", "right", "left", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const { method, cells, positions } of methods)
    for (const [length, mapping] of positions) {
      const own = cells.filter((cell) => cell.length === length);
      const stats = own.map((cell) => cell.stats);
      const sum = (of: (one: (typeof stats)[number]) => number): number =>
        stats.reduce((total, one) => total + of(one), 0);
      const trials = own.reduce((total, cell) => total + cell.trials, 0);
      table.push([
        method,
        length,
        mapping,
        perSecond(
          sum((one) => one.promptTokens),
          sum((one) => one.prefillTime),
        ),
        perSecond(
          sum((one) => one.newTokens) - trials,
          sum((one) => one.decodeTime),
        ),
        bytes(Math.max(...stats.map((one) => one.cacheBytes))),
      ]);
    }
  return table.toString();
};
