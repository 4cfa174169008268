/** Which rows of queries attend together, and to which keys. */
import type { Band } from "@ropewalk/position-mapping";

export type RowBlock = {
  /** Queries from `from` to `to`, this one left out. */
  readonly from: number;
  readonly to: number;
  /** The first key that a row sees; the last is that of the last row. */
  readonly firstKey: number;
  /** The bands that have pairs here. */
  readonly bands: readonly number[];
};

/**
 * Measured: from 128 to 512 rows there is no difference, with fewer the products are too small. Two blocks leave out a quarter of all
 * pairs, so that there are two as soon as both have that many.
 */
const blockLen = (seqLen: number): number => Math.min(256, Math.max(128, Math.ceil(seqLen / 2)));

/** A sequence's rows in blocks. A band of a rule of its own may have any pair. */
export const rowBlocks = (bands: readonly Pick<Band, "from" | "to">[], seqLen: number): readonly RowBlock[] => {
  const rows = blockLen(seqLen);
  return Array.from({ length: Math.ceil(seqLen / rows) }, (_, block) => {
    const from = block * rows;
    const to = Math.min(seqLen, from + rows);
    const farthest = Math.max(...bands.map(({ to: end = Infinity }) => end));
    return {
      ...{ from, to, firstKey: Math.max(0, from - farthest + 1) },
      bands: bands.flatMap(({ from: least = 0 }, index) => (least < to ? [index] : [])),
    };
  });
};
