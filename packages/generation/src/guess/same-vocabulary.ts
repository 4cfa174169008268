/** Compares the vocabularies of two tokenizers: whether every token has the same id in both. */
import type { TokenizerFiles } from "@ropewalk/models";

type Json = {
  readonly model?: { readonly vocab?: unknown };
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
};

/** Ids by token. A Unigram vocabulary is a list with a token and its score at each id. */
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

/** A token whose ids differ. Undefined where there is none, or where one of the tokenizers is not known. */
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
