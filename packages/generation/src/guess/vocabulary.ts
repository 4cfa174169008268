/** Whether two tokenizers mean the same by an id. */
import type { TokenizerFiles } from "@ropewalk/models";

type Json = {
  readonly model?: { readonly vocab?: unknown };
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
};

/** Ids by token; Unigram's list has a token and its score at each. */
const idsOf = ({ tokenizer }: TokenizerFiles): ReadonlyMap<string, number> => {
  const { model, added_tokens = [] } = tokenizer as Json;
  const vocab = model?.vocab ?? {};
  const own = Array.isArray(vocab)
    ? (vocab as readonly (readonly [string, number])[]).map(([token], id) => [token, id] as const)
    : Object.entries(vocab as Readonly<Record<string, number>>);
  return new Map([...own, ...added_tokens.map(({ content, id }) => [content, id] as const)]);
};

export type DifferentToken = {
  readonly token: string;
  readonly wanted: number | undefined;
  readonly got: number | undefined;
};

/** A token that has another id in the one than in the other; undefined where there is none, or one of them is not known. */
export const differentToken = (
  wanted: TokenizerFiles | undefined,
  got: TokenizerFiles | undefined,
): DifferentToken | undefined => {
  if (wanted === undefined || got === undefined || wanted.tokenizer === got.tokenizer) return undefined;
  const [ours, theirs] = [idsOf(wanted), idsOf(got)];
  for (const token of [...ours.keys(), ...theirs.keys()])
    if (ours.get(token) !== theirs.get(token)) return { token, wanted: ours.get(token), got: theirs.get(token) };
  return undefined;
};
