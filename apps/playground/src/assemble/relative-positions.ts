/** Relative positions of many pairs, fast: nothing is checked here, because the mapping was checked when it was made. */
import type { PositionMapping } from "@ropewalk/position-mapping";
import { covers } from "@ropewalk/position-mapping/bands";

/** The relative position of a pair; undefined where the query does not see the key. */
export const relativeOf = ({ bands }: PositionMapping, query: number, key: number): number | undefined => {
  for (const band of bands) if (covers(band, query, key)) return band.query(query) - band.key(key);
  return undefined;
};

/** The queries that can have the largest relative position: the last one, and the last of each band's last whole chunk. */
const farthestQueries = ({ bands }: PositionMapping, length: number): readonly number[] => {
  const ends = bands.flatMap(({ chunkLen = 1 }) => Math.floor(length / chunkLen) * chunkLen - 1);
  return [...new Set([length - 1, ...ends.filter((end) => end >= 0)])];
};

/** The largest relative position in a text of `length` tokens. */
export const largestRelative = (mapping: PositionMapping, length: number): number => {
  let largest = 0;
  for (const query of farthestQueries(mapping, length))
    for (let key = 0; key <= query; key++) largest = Math.max(largest, relativeOf(mapping, query, key) ?? 0);
  return largest;
};
