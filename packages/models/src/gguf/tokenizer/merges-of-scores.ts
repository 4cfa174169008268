/**
 * A list of merges in place of scores, for readers of tokenizer.json that know lists alone. A merge is two tokens that make one. Those of a
 * higher score come first, and of one token, those of tokens with lower ids. The ids of some texts differ where pairs have one score, since a list
 * gives each pair a place of its own, and where a token has a character that is none, since a list joins tokens alone.
 */

type Model = { readonly vocab: Readonly<Record<string, number>>; readonly scores?: readonly number[] };
type Scored = Required<Model>;

export const mergesOfScores = ({ vocab, scores }: Scored): readonly (readonly [left: string, right: string])[] => {
  const ids = new Map(Object.entries(vocab));
  const merges = [...ids].flatMap(([token, id]) => {
    const found: { readonly pair: readonly [string, string]; readonly order: readonly number[] }[] = [];
    // Characters may be two units long: halves of one are no tokens.
    for (let cut = 1; cut < token.length; cut++) {
      const pair = [token.slice(0, cut), token.slice(cut)] as const;
      const [left, right] = [ids.get(pair[0]), ids.get(pair[1])];
      if (left !== undefined && right !== undefined) found.push({ pair, order: [-scores[id]!, id, left, right] });
    }
    return found;
  });
  const compare = (a: readonly number[], b: readonly number[]): number => {
    const at = a.findIndex((one, index) => one !== b[index]);
    return at < 0 ? 0 : a[at]! - b[at]!;
  };
  return merges.toSorted((a, b) => compare(a.order, b.order)).map(({ pair }) => pair);
};

/** A tokenizer.json whose model has a list of merges too where it has scores: readers that do not know scores take the list. */
export const withMerges = (tokenizer: unknown): unknown => {
  const { model, ...parts } = tokenizer as { readonly model: Model };
  const { scores } = model;
  return scores === undefined
    ? tokenizer
    : { ...parts, model: { ...model, merges: mergesOfScores({ ...model, scores }) } };
};
