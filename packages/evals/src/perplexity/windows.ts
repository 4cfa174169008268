/** The windows that a text is read in: they follow one another, and each starts with an empty cache. */

export type Windows = {
  /** Tokens of one window, at least 2. */
  readonly length: number;
  readonly windows: number;
};

/**
 * The tokens that the windows take: every position predicts the one after it, so there is one more behind the last window.
 *
 * @throws RangeError when `length` is no integer of at least 2, or `windows` no positive integer
 */
export const tokensNeeded = (where: string, { length, windows }: Windows): number => {
  if (!Number.isInteger(length) || length < 2)
    throw new RangeError(`${where}: length must be an integer of at least 2, got ${length}`);
  if (!Number.isInteger(windows) || windows < 1)
    throw new RangeError(`${where}: windows must be a positive integer, got ${windows}`);
  return length * windows + 1;
};

/** @throws RangeError when there are fewer tokens than the windows take. */
export const checkTokens = (where: string, count: number, asked: Windows): void => {
  const needed = tokensNeeded(where, asked);
  const { length, windows } = asked;
  const fit = Math.floor((count - 1) / length);
  const remedy = fit > 0 ? `; windows ${fit} would fit` : `; length ${count - 1} with windows 1 would fit`;
  if (count < needed)
    throw new RangeError(
      `${where}: the text must have at least ${needed} tokens, ${windows} times ${length} and one more to predict, got ${count}${count > 2 ? remedy : ""}`,
    );
};
