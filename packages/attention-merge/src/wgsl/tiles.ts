/**
 * How the work is cut: tiles of query rows times 32 keys, and over how many workgroups the keys are split.
 *
 * The rows of a key-value head are its queries, token by token and within a token head by head: row r is token floor(r / group).
 * A tile of rows then has as few positions as can be, and the tile of keys that it reads serves the whole group. With rows at
 * positions a … b and keys c … d a tile is
 *
 *   far     a - d ≥ W      every pair is: one score, no mask
 *   near    b - c < W      no pair is far: one score, causal mask
 *   mixed   otherwise      both scores, chosen pair by pair
 *
 * However long the input is, per tile of rows at most ceil((b - a + W + 31) / 32) tiles of keys are not far, and of these at
 * most ceil((b - a + 31) / 32) are mixed: the multiples of 32 among the first keys c that allow it.
 */
import type { Shape } from "./shape.ts";

/** Invocations of a workgroup: 8 groups of rows times 8 lanes, over which the keys of a tile or the columns of out lie. */
export const rowGroups = 8;
export const lanes = 8;
export const threads: number = rowGroups * lanes;
export const tileKeys = 32;

/** Rows that one thread holds. Few where few are there; at most 2 for wide heads, whose out would not fit into registers. */
export const rowsEachOf = ({ headDim, group, queryLen }: Shape): 1 | 2 | 4 => {
  const rows = group * queryLen;
  if (rows <= rowGroups) return 1;
  return rows <= 2 * rowGroups || headDim > 128 ? 2 : 4;
};

export type Tiling = {
  readonly rowsEach: 1 | 2 | 4;
  /** Tiles of rows, of one key-value head. */
  readonly rowTiles: number;
  readonly splits: number;
};

/** Workgroups that keep a large device busy, and the fewest tiles of keys that are worth a workgroup. Reasoned, not measured. */
const enoughWorkgroups = 256;
const fewestTiles = 4;

export const tilingOf = (shape: Shape, splits?: number): Tiling => {
  const rowsEach = rowsEachOf(shape);
  const rowTiles = Math.ceil((shape.group * shape.queryLen) / (rowsEach * rowGroups));
  const missing = Math.ceil(enoughWorkgroups / (rowTiles * shape.numKvHeads));
  const [first, end] = keyTiles(shape, rowTiles - 1, rowsEach);
  const worthwhile = Math.max(1, Math.floor((end - first) / fewestTiles));
  return { rowsEach, rowTiles, splits: splits ?? Math.min(missing, worthwhile) };
};

/** First and last position of a tile of rows. */
const positionsOf = (
  { group, queryLen, start }: Shape,
  rowTile: number,
  rowsEach: number,
): readonly [number, number] => {
  const rows = rowsEach * rowGroups;
  const last = Math.min((rowTile + 1) * rows, group * queryLen) - 1;
  return [start + Math.floor((rowTile * rows) / group), start + Math.floor(last / group)];
};

/** The tiles of keys that a tile of rows sees, from the first up to but not including the last. */
const keyTiles = (shape: Shape, rowTile: number, rowsEach: number): readonly [number, number] => {
  const [first, last] = positionsOf(shape, rowTile, rowsEach);
  const firstKey = shape.kind === "nearAndFar" ? 0 : Math.max(0, first + 1 - shape.window);
  return [Math.floor(firstKey / tileKeys), Math.floor(last / tileKeys) + 1];
};

/** Tiles of one key-value head. */
export type TileCounts = { readonly far: number; readonly near: number; readonly mixed: number };

/** How many tiles of each sort there are: what the kernel decides tile by tile, counted. */
export const countTiles = (shape: Shape): TileCounts => {
  const { rowsEach, rowTiles } = tilingOf(shape);
  const counts = { far: 0, near: 0, mixed: 0 };
  for (let rowTile = 0; rowTile < rowTiles; rowTile++) {
    const [first, last] = positionsOf(shape, rowTile, rowsEach);
    const [from, to] = keyTiles(shape, rowTile, rowsEach);
    for (let tile = from; tile < to; tile++) {
      const firstKey = tile * tileKeys;
      const lastKey = Math.min(firstKey + tileKeys - 1, last);
      if (shape.kind !== "nearAndFar" || last - firstKey < shape.window) counts.near++;
      else if (first - lastKey >= shape.window) counts.far++;
      else counts.mixed++;
    }
  }
  return counts;
};
