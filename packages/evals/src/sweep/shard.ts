/**
 * A part of a sweep, for one of several machines. Cells are dealt out from long to short, in alternating direction, so that all parts take about
 * equally long:
 *
 *   of 3 parts, cells from long to short go to   1 2 3 3 2 1 1 2 3 …
 */
import { checkInteger, checkKeys, positive } from "@ropewalk/check";

export type Shard = {
  /** From 1 to `of`. */
  readonly index: number;
  readonly of: number;
};

/** @throws RangeError when it is outside its range */
export const checkShard = (where: string, { index, of }: Shard): Shard => {
  checkInteger(where, "parts of a sweep", of, 1);
  checkInteger(where, "a part's number", index, 1, of);
  return { index, of };
};

/**
 * The cells of one part. All parts together have every cell once.
 *
 * @param costs - the work of a cell, in any unit
 */
export const shardOf = <Cell>(cells: readonly Cell[], shard: Shard, costs: (cell: Cell) => number): readonly Cell[] => {
  checkKeys("shardOf", "shard", shard, { index: positive, of: positive });
  const { index, of } = checkShard("shardOf", shard);
  const order = cells.map((cell, place) => ({ cell, place, cost: costs(cell) }));
  order.sort((a, b) => b.cost - a.cost || a.place - b.place);
  const mine = order.filter((_, dealt) => {
    const [round, seat] = [Math.floor(dealt / of), dealt % of];
    return (round % 2 === 0 ? seat : of - 1 - seat) === index - 1;
  });
  return mine.toSorted((a, b) => a.place - b.place).map(({ cell }) => cell);
};
