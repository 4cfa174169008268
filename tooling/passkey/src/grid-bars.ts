/** The bars that a trained model must meet on the passkey grid. */

export type Cell = {
  readonly method: string;
  readonly length: number;
  readonly found: number;
  readonly trials: number;
};

export type Bar = {
  readonly method: string;
  readonly length: number;
  /** The least and the largest share of keys that may be found. */
  readonly least: number;
  readonly most: number;
};

const finds = (method: string, length: number, least: number): Bar => ({ method, length, least, most: 1 });
const loses = (method: string, length: number, most: number): Bar => ({ method, length, least: 0, most });

/** The same bars as in the tests of `evals`. */
const bars: readonly Bar[] = [
  finds("none", 256, 1),
  loses("none", 1024, 0.4),
  loses("none", 2048, 0),
  loses("none", 4096, 0),
  finds("self-extend", 1024, 1),
  finds("self-extend+log-n", 1024, 1),
  finds("self-extend+log-n", 2048, 0.95),
  finds("self-extend+log-n", 4096, 0.95),
];

/** The share of keys that a method finds at a length, over all depths; NaN where none was asked for. */
const share = (cells: readonly Cell[], { method, length }: Pick<Bar, "method" | "length">): number => {
  const own = cells.filter((cell) => cell.method === method && cell.length === length);
  const sum = (pick: (cell: Cell) => number): number => own.reduce((all, cell) => all + pick(cell), 0);
  return sum(({ found }) => found) / sum(({ trials }) => trials);
};

export type Verdict = Bar & { readonly got: number; readonly met: boolean };

export const verdicts = (cells: readonly Cell[]): readonly Verdict[] =>
  bars.map((bar) => {
    const got = share(cells, bar);
    return { ...bar, got, met: got >= bar.least && got <= bar.most };
  });
