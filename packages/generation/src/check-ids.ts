/** @throws RangeError when there are no ids, or one is not an integer inside the vocabulary. */
export const checkIds = (where: string, ids: readonly number[], vocabSize: number): void => {
  if (ids.length === 0) throw new RangeError(`${where}: ids must hold at least 1 token, got 0`);
  const at = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (at >= 0)
    throw new RangeError(
      `${where}: ids must be integers from 0 to ${vocabSize - 1}, the vocabulary, got ${ids[at]} at index ${at}`,
    );
};
