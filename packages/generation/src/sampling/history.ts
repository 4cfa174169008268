/** What a token is chosen behind. Penalties look at it: repetition at all of it, frequency and presence at what was added. */
export type History = {
  /** The tokens that the run started from. */
  readonly prompt: readonly number[];
  /** Those that were chosen since. */
  readonly added: readonly number[];
};

export const noHistory: History = { prompt: [], added: [] };

/** With tokens that were chosen since. */
export const withAdded = (history: History, more: readonly number[]): History =>
  more.length === 0 ? history : { ...history, added: [...history.added, ...more] };

/** How often each token was added. */
export const countAdded = ({ added }: History): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  for (const token of added) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
};
