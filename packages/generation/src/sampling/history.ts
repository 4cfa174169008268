/** The text that a token is chosen after. The repetition penalty looks at all of it, the frequency and presence penalties at added tokens. */
export type History = {
  /** The tokens that the run started with. */
  readonly prompt: readonly number[];
  /** The tokens that were chosen since. */
  readonly added: readonly number[];
};

export const noHistory: History = { prompt: [], added: [] };

/** Counts how often each token was added. */
export const countAdded = ({ added }: History): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  for (const token of added) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
};
