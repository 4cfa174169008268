/** rel(i, j) = query(i) - key(j) by the band that covers the pair, for j <= i. */
import { positive, whole } from "@ropewalk/check";
import { checkMapping, positionIn } from "./check.ts";
import { covers, type PositionMapping } from "./mapping.ts";

const between = (where: string, { bands }: PositionMapping, i: number, j: number): number | undefined => {
  const index = bands.findIndex((band) => covers(band, i, j));
  return bands[index] && positionIn(where, bands, index, "query", i) - positionIn(where, bands, index, "key", j);
};

/**
 * The relative position of query `i` and key `j`, both counted from 0; undefined when the pair is not attended, as for
 * every key after the query.
 *
 * @throws RangeError when i or j is not an integer >= 0, or a band's position is not finite; TypeError when it is not a number.
 */
export const relativePosition = (mapping: PositionMapping, i: number, j: number): number | undefined => {
  checkMapping("relativePosition", mapping);
  whole("relativePosition", "i", i);
  whole("relativePosition", "j", j);
  return between("relativePosition", mapping, i, j);
};

/**
 * The relative position of every pair of `numTokens` tokens: row i holds keys 0 to i, null where not attended.
 *
 * @throws RangeError when numTokens is not an integer >= 1, or a band's position is not finite; TypeError when it is not a
 * number.
 */
export const relativePositions = (
  mapping: PositionMapping,
  numTokens: number,
): readonly (readonly (number | null)[])[] => {
  checkMapping("relativePositions", mapping);
  positive("relativePositions", "numTokens", numTokens);
  return Array.from({ length: numTokens }, (_, i) =>
    Array.from({ length: i + 1 }, (_, j) => between("relativePositions", mapping, i, j) ?? null),
  );
};

/** The matrix as text: one line for each query, right-aligned columns, at most two decimals, "." for a pair that is not attended. */
export const formatRelativePositions = (matrix: readonly (readonly (number | null)[])[]): string => {
  const rows = matrix.map((row) => row.map((rel) => (rel === null ? "." : `${Math.round(rel * 100) / 100}`)));
  const width = rows.flat().reduce((most, { length }) => Math.max(most, length), 0);
  return rows.map((row) => row.map((text) => text.padStart(width)).join(" ")).join("\n");
};
