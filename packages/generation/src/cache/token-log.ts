/**
 * Token ids of a text that grows at its end. Values that follow one another share one array, each by its own length, so that n tokens cost n
 * steps to append, one by one too. A value never changes: whoever appends to an older one gets a copy.
 */

export type TokenLog = { readonly shared: number[]; readonly length: number };

export const tokenLog = (ids: readonly number[]): TokenLog => ({ shared: [...ids], length: ids.length });

/** The ids of a log, as a list of their own. */
export const idsOfLog = ({ shared, length }: TokenLog): readonly number[] => shared.slice(0, length);

/** The log with more ids at its end. */
export const appendToLog = ({ shared, length }: TokenLog, ids: readonly number[]): TokenLog => {
  const grown = shared.length === length ? shared : shared.slice(0, length);
  for (const id of ids) grown.push(id);
  return { shared: grown, length: grown.length };
};
