/**
 * The division of the work: tiles of query rows times 32 keys, and the number of workgroups over which the keys are split.
 *
 * The rows of a key-value head are its queries, token by token and within a token head by head: row r is token floor(r / group).
 * So a tile of rows has as few positions as possible, and each tile of keys serves the whole group. With rows at positions a … b
 * and keys c … d, a tile is
 *
 *   far     a - d ≥ W      every pair is far: one score, no mask
 *   near    b - c < W      no pair is far: one score, causal mask
 *   mixed   otherwise      both scores, chosen pair by pair
 *
 * However long the input is, each tile of rows has at most ceil((b - a + W + 31) / 32) tiles of keys that are not far, and at most
 * ceil((b - a + 31) / 32) of these are mixed.
 */
import type { Shape } from "./shape.ts";

/** The threads of a workgroup: 8 groups of rows times 8 lanes. A tile's keys, and the columns of `out`, are spread over the lanes. */
export const rowGroups = 8;
export const lanes = 8;
export const threads: number = rowGroups * lanes;
export const tileKeys = 32;

/** How many rows one thread holds: few if there are few rows, and at most 2 for wide heads, so that `out` fits into registers. */
export const rowsEachOf = ({ headDim, group, queryLen }: Shape): 1 | 2 | 4 => {
  const rows = group * queryLen;
  if (rows <= rowGroups) return 1;
  return rows <= 2 * rowGroups || headDim > 128 ? 2 : 4;
};

export type Tiling = {
  readonly rowsEach: 1 | 2 | 4;
  /** The number of tiles of rows of one key-value head. */
  readonly rowTiles: number;
  readonly splits: number;
};

/** How many workgroups keep a large device busy, and how many tiles of keys a workgroup needs at least. Reasoned, not measured. */
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

/** The tiles of keys [first, end) that a tile of rows sees, counted from the first key of all. */
const keyTiles = (shape: Shape, rowTile: number, rowsEach: number): readonly [number, number] => {
  const { keys, kind, window } = shape;
  const [first, last] = positionsOf(shape, rowTile, rowsEach);
  const firstKey = kind === "nearAndFar" ? keys.from : Math.max(keys.from, first + 1 - window);
  const lastKey = Math.min(last, keys.to - 1);
  const end = Math.floor((lastKey - keys.from) / tileKeys) + 1;
  return [Math.min(end, Math.floor((firstKey - keys.from) / tileKeys)), end];
};

/** How many tiles of each kind one key-value head has. */
export type TileCounts = { readonly far: number; readonly near: number; readonly mixed: number };

/** Counts the tiles of each kind by the rule that the shader uses for each tile. */
export const countTiles = (shape: Shape): TileCounts => {
  const { rowsEach, rowTiles } = tilingOf(shape);
  const counts = { far: 0, near: 0, mixed: 0 };
  for (let rowTile = 0; rowTile < rowTiles; rowTile++) {
    const [first, last] = positionsOf(shape, rowTile, rowsEach);
    const [from, to] = keyTiles(shape, rowTile, rowsEach);
    for (let tile = from; tile < to; tile++) {
      const firstKey = shape.keys.from + tile * tileKeys;
      const lastKey = Math.min(firstKey + tileKeys - 1, last, shape.keys.to - 1);
      if (shape.kind !== "nearAndFar" || last - firstKey < shape.window) counts.near++;
      else if (first - lastKey >= shape.window) counts.far++;
      else counts.mixed++;
    }
  }
  return counts;
};
