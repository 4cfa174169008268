/** Relative positions of many pairs, fast: nothing is checked here, for the mapping was when it was made. */
import type { PositionMapping } from "@ropewalk/position-mapping";
import { covers } from "@ropewalk/position-mapping/bands";

/** Undefined where the query does not see the key. */
export const relativeOf = ({ bands }: PositionMapping, query: number, key: number): number | undefined => {
  for (const band of bands) if (covers(band, query, key)) return band.query(query) - band.key(key);
  return undefined;
};

/** Queries whose keys include the farthest: the last one, and those that end the last whole chunk of any band. */
const farthestQueries = ({ bands }: PositionMapping, length: number): readonly number[] => {
  const ends = bands.flatMap(({ chunkLen = 1 }) => Math.floor(length / chunkLen) * chunkLen - 1);
  return [...new Set([length - 1, ...ends.filter((end) => end >= 0)])];
};

/** The largest relative position among tokens of a text of `length`. */
export const largestRelative = (mapping: PositionMapping, length: number): number => {
  let largest = 0;
  for (const query of farthestQueries(mapping, length))
    for (let key = 0; key <= query; key++) largest = Math.max(largest, relativeOf(mapping, query, key) ?? 0);
  return largest;
};
