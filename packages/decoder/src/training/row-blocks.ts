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

/** Measured: from 128 to 512 rows there is no difference, with fewer the products are too small. */
const blockLen = 256;

/** A sequence's rows in blocks. A band of a rule of its own may have any pair. */
export const rowBlocks = (bands: readonly Pick<Band, "from" | "to">[], seqLen: number): readonly RowBlock[] =>
  Array.from({ length: Math.ceil(seqLen / blockLen) }, (_, block) => {
    const from = block * blockLen;
    const to = Math.min(seqLen, from + blockLen);
    const farthest = Math.max(...bands.map(({ to: end = Infinity }) => end));
    return {
      ...{ from, to, firstKey: Math.max(0, from - farthest + 1) },
      bands: bands.flatMap(({ from: least = 0 }, index) => (least < to ? [index] : [])),
    };
  });
