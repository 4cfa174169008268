import { check, show } from "@ropewalk/check";

/** @throws TypeError or RangeError when there are too few ids, or an id is not an integer inside the vocabulary */
export const checkIds = (where: string, ids: readonly number[], vocabSize: number, fewest: 0 | 1 = 1): void => {
  check(Array.isArray(ids), `${where}: ids must be a list of token ids`, ids, "object");
  if (ids.length < fewest) throw new RangeError(`${where}: ids must hold at least 1 token, got 0`);
  const at = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (at >= 0)
    throw new RangeError(
      `${where}: ids must be integers from 0 to ${vocabSize - 1}, the vocabulary, got ${show(ids[at])} at index ${at}`,
    );
};
