/** The costs of runs by method and length: tokens per second, key-value memory, and the method's positions. */
import type { GroupsAndWindow } from "../describe/extension-in-words.ts";
import type { MethodCells } from "./grid.ts";
import { renderTable, type Column } from "./table.ts";
import { bytes, perSecond, rate } from "./units.ts";

export type MethodCosts = MethodCells & {
  /** The extension at each length, in words. */
  readonly positions: ReadonlyMap<number, string>;
  /** G and W at each length, where it has them. */
  readonly numbers: ReadonlyMap<number, GroupsAndWindow>;
  /** Lengths beyond the capacity. */
  readonly beyond: readonly number[];
};

/** The sums over all trials of one length; times in milliseconds. */
type Sums = {
  readonly method: string;
  readonly length: number;
  readonly positions: string;
  readonly numbers: GroupsAndWindow;
  readonly beyondCapacity: boolean;
  readonly promptTokens: number;
  readonly prefillTime: number;
  readonly decodedTokens: number;
  readonly decodeTime: number;
  readonly keyValueBytes: number;
};

const sumsOf = (methods: readonly MethodCosts[]): readonly Sums[] =>
  methods.flatMap(({ method, cells, positions, numbers, beyond }) =>
    [...positions].map(([length, words]) => {
      const own = cells.filter((cell) => cell.length === length);
      const sum = (of: (cell: (typeof own)[number]) => number): number =>
        own.reduce((total, cell) => total + of(cell), 0);
      return {
        method,
        length,
        positions: words,
        numbers: numbers.get(length) ?? {},
        beyondCapacity: beyond.includes(length),
        promptTokens: sum(({ stats }) => stats.promptTokens),
        prefillTime: sum(({ stats }) => stats.prefillTime),
        // The prefill gives each trial's first token.
        decodedTokens: sum(({ stats, trials }) => stats.newTokens - trials),
        decodeTime: sum(({ stats }) => stats.decodeTime),
        keyValueBytes: Math.max(...own.map(({ stats }) => stats.cacheBytes)),
      };
    }),
  );

const left = (head: string): Column => ({ head, align: "left" });
const right = (head: string): Column => ({ head, align: "right" });

export const renderCosts = (methods: readonly MethodCosts[]): string => {
  const sums = sumsOf(methods);
  const speeds = renderTable(
    [left("method"), right("tokens"), right("prefill tokens/s"), right("decode tokens/s"), right("memory")],
    sums.map(({ method, length, promptTokens, prefillTime, decodedTokens, decodeTime, keyValueBytes }) => [
      method,
      `${length}`,
      perSecond(promptTokens, prefillTime),
      perSecond(decodedTokens, decodeTime),
      bytes(keyValueBytes),
    ]),
  );
  const positions = renderTable(
    [left("method"), right("tokens"), left("positions")],
    sums.map(({ method, length, positions: words }) => [method, `${length}`, words]),
  );
  return `${positions}\n${speeds}`;
};

export type CostReport = GroupsAndWindow & {
  readonly method: string;
  readonly length: number;
  readonly positions: string;
  readonly beyondCapacity: boolean;
  /** Null where nothing was decoded. */
  readonly prefillTokensPerSecond: number | null;
  readonly decodeTokensPerSecond: number | null;
  readonly keyValueBytes: number;
};

/** The same as data. */
export const costsReport = (methods: readonly MethodCosts[]): readonly CostReport[] =>
  sumsOf(methods).map(({ method, length, positions, numbers, beyondCapacity, keyValueBytes, ...sums }) => ({
    method,
    length,
    positions,
    ...numbers,
    beyondCapacity,
    prefillTokensPerSecond: rate(sums.promptTokens, sums.prefillTime),
    decodeTokensPerSecond: rate(sums.decodedTokens, sums.decodeTime),
    keyValueBytes,
  }));
