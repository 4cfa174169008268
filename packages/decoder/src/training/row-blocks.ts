/** Blocks of query rows that attend together, and the keys of each block. */
import type { Band } from "@ropewalk/position-mapping";

export type RowBlock = {
  /** The queries from `from` to `to - 1`. */
  readonly from: number;
  readonly to: number;
  /** The first key that a row of the block sees. The last key is that of the last row. */
  readonly firstKey: number;
  /** The bands that have pairs in this block. */
  readonly bands: readonly number[];
};

/**
 * The rows of a block, 128 to 256. In measurements 128 to 512 rows are equally fast, and with fewer the products are too small. Two blocks
 * already leave out a quarter of all pairs, so a sequence is split as soon as both blocks have enough rows.
 */
const blockLen = (seqLen: number): number => Math.min(256, Math.max(128, Math.ceil(seqLen / 2)));

/** Splits a sequence's rows into blocks. A band with a custom rule may cover any pair, so it belongs to every block. */
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
