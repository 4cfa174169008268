/**
 * The windows in which a text is read. Each starts with an empty cache, `stride` tokens after the start of the one before it.
 *
 *   window k    the tokens from k stride on, `length` of them, and the one behind them, which its last position predicts
 *   scored      in the first window all positions; in later ones the last `stride`, which no earlier window has scored
 *
 * With a stride as long as a window, windows follow one another. With a shorter stride they overlap: after the first window, every token is
 * scored with at least length - stride tokens before it.
 */

export type Windows = {
  /** Tokens of one window, at least 2. */
  readonly length: number;
  readonly windows: number;
  /** Tokens from one window's beginning to the next one's, at most `length`. Default `length`. */
  readonly stride?: number | undefined;
};

/**
 * The tokens that the windows take: every position predicts the one after it, so there is one more behind the last window.
 *
 * @throws RangeError when `length` is no integer of at least 2, `windows` no positive integer, or `stride` none up to `length`
 */
export const tokensNeeded = (where: string, { length, windows, stride = length }: Windows): number => {
  if (!Number.isInteger(length) || length < 2)
    throw new RangeError(`${where}: length must be an integer of at least 2, got ${length}`);
  if (!Number.isInteger(windows) || windows < 1)
    throw new RangeError(`${where}: windows must be a positive integer, got ${windows}`);
  if (!Number.isInteger(stride) || stride < 1 || stride > length)
    throw new RangeError(`${where}: stride must be an integer from 1 to the length, ${length}, got ${stride}`);
  return length + (windows - 1) * stride + 1;
};

/** The first position of a window that is scored. */
export const firstScored = ({ length, stride = length }: Windows, window: number): number =>
  window === 0 ? 0 : length - stride;

/** @throws RangeError when there are fewer tokens than the windows take. */
export const checkTokens = (where: string, count: number, asked: Windows): void => {
  const needed = tokensNeeded(where, asked);
  const { length, windows, stride = length } = asked;
  const fit = count > length ? 1 + Math.floor((count - 1 - length) / stride) : 0;
  const remedy = fit > 0 ? `; windows ${fit} would fit` : `; length ${count - 1} with windows 1 would fit`;
  const sum =
    stride === length
      ? `${windows} times ${length} and one more to predict`
      : `${length}, ${windows - 1} times ${stride} and one more to predict`;
  if (count < needed)
    throw new RangeError(
      `${where}: the text must have at least ${needed} tokens, ${sum}, got ${count}${count > 2 ? remedy : ""}`,
    );
};
