/** The model of a tokenizer.json: which tokens there are, their ids, and which two make a longer one. */
import { check, showName } from "@ropewalk/check";
import { anObject, fields, flag, integer, isObject, mostIds, optional, text, type Fields, type Rule } from "./rules.ts";

/** Characters of one token, at most. */
const longestToken = 4096;
/** Nodes of the tree that a vocabulary with scores is searched by, at most. */
const mostNodes = 1 << 20;

/** The id of a token; undefined where there is none. */
export type Vocabulary = (token: string) => number | undefined;

const token: Rule = (value, at) => {
  text(value, at);
  const { length } = value as string;
  check(length <= longestToken, `${at} must be a token of at most ${longestToken} characters`, length);
};

/** Ids by token, of BPE, WordPiece and WordLevel. There may be hundreds of thousands: they stay where they are. */
const idsOf = (vocab: unknown, at: string): Vocabulary => {
  anObject(vocab, at);
  const id = integer(0, mostIds - 1);
  for (const name of Object.keys(vocab)) {
    const value = vocab[name];
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < mostIds && name.length <= longestToken)
      continue;
    token(name, at);
    id(value, `${at}: the id of "${showName(name)}"`);
  }
  return (name) => (Object.hasOwn(vocab, name) ? (vocab[name] as number) : undefined);
};

/** Nodes that a prefix tree of the tokens has: each token's characters that it does not share with the one before it. */
const treeSize = (tokens: readonly string[]): number => {
  let [nodes, before] = [0, ""];
  for (const name of tokens.toSorted()) {
    let shared = 0;
    while (shared < name.length && name[shared] === before[shared]) shared += 1;
    nodes += name.length - shared;
    before = name;
  }
  return nodes;
};

/** `[token, score]` at each id, of Unigram. */
const scoredIdsOf = (vocab: unknown, at: string): Vocabulary => {
  check(Array.isArray(vocab) && vocab.length > 0, `${at} must be a list of tokens and their scores`, vocab, "object");
  check(vocab.length <= mostIds, `${at} must have at most ${mostIds} tokens`, vocab.length);
  const ids = new Map<string, number>();
  for (const [id, pair] of (vocab as readonly unknown[]).entries()) {
    check(Array.isArray(pair) && pair.length === 2, `${at}[${id}] must be a token and its score`, pair, "object");
    token(pair[0], `${at}[${id}][0]`);
    check(Number.isFinite(pair[1]), `${at}[${id}][1] must be a finite number`, pair[1], "number");
    ids.set(pair[0] as string, id);
  }
  const nodes = treeSize([...ids.keys()]);
  check(nodes <= mostNodes, `${at} must be a vocabulary whose prefix tree has at most ${mostNodes} nodes`, nodes);
  return (name) => ids.get(name);
};

/** The two tokens of `"a b"` or `["a", "b"]`. */
const pairOf = (merge: unknown): readonly unknown[] => {
  if (typeof merge !== "string") return merge as readonly unknown[];
  const space = merge.indexOf(" ");
  return space < 0 ? [merge] : [merge.slice(0, space), merge.slice(space + 1)];
};

const isMerge = (ids: Vocabulary, [left, right, ...more]: readonly unknown[]): boolean =>
  typeof left === "string" &&
  typeof right === "string" &&
  more.length === 0 &&
  ids(left) !== undefined &&
  ids(right) !== undefined &&
  ids(left + right) !== undefined;

/** All in one form; both tokens and what they make are in the vocabulary. There may be hundreds of thousands. */
const checkMerges = (merges: unknown, ids: Vocabulary, at: string): void => {
  check(Array.isArray(merges), `${at} must be a list`, merges, "object");
  const inPairs = Array.isArray(merges[0]);
  const inForm = inPairs ? Array.isArray : (merge: unknown): boolean => typeof merge === "string";
  const wrong = (merges as readonly unknown[]).findIndex((merge) => !(inForm(merge) && isMerge(ids, pairOf(merge))));
  if (wrong < 0) return;
  const [place, merge] = [`${at}[${wrong}]`, merges[wrong] as unknown];
  check(inForm(merge), `${place} must be ${inPairs ? "a pair" : "text"} as the first is`, merge);
  check(false, `${place} must be two tokens of the vocabulary, which make one of it`, merge);
};

const unknown = (model: Fields, ids: Vocabulary, at: string): void => {
  const name = model["unk_token"];
  optional(text)(name, `${at}.unk_token`);
  if (typeof name === "string")
    check(ids(name) !== undefined, `${at}.unk_token must be a token of the vocabulary`, name);
};

/** A suffix or prefix of words that the library does not write. */
const absent: Rule = (value, at) =>
  check(value === undefined || value === null || value === "", `${at} must be absent`, value);

const bpe = fields({
  fuse_unk: optional(flag),
  byte_fallback: optional(flag),
  ignore_merges: optional(flag),
  end_of_word_suffix: optional(text),
  continuing_subword_prefix: absent,
  dropout: (value, at) => check(!value, `${at} must be absent or 0, for ids that are the same each time`, value),
});

const kinds: Readonly<Record<string, (model: Fields, at: string) => Vocabulary>> = {
  BPE: (model, at) => {
    bpe(model, at);
    const ids = idsOf(model["vocab"], `${at}.vocab`);
    unknown(model, ids, at);
    checkMerges(model["merges"], ids, `${at}.merges`);
    return ids;
  },
  WordPiece: (model, at) => {
    fields({ continuing_subword_prefix: text, max_input_chars_per_word: optional(integer(1, 1000)) })(model, at);
    const ids = idsOf(model["vocab"], `${at}.vocab`);
    text(model["unk_token"], `${at}.unk_token`);
    unknown(model, ids, at);
    return ids;
  },
  WordLevel: (model, at) => {
    const ids = idsOf(model["vocab"], `${at}.vocab`);
    unknown(model, ids, at);
    return ids;
  },
  Unigram: (model, at) => {
    // Its library writes the unknown token where the others write bytes.
    fields({ byte_fallback: (value, place) => check(!value, `${place} must be absent or false`, value) })(model, at);
    const ids = scoredIdsOf(model["vocab"], `${at}.vocab`);
    optional(integer(0, (model["vocab"] as readonly unknown[]).length - 1))(model["unk_id"], `${at}.unk_id`);
    return ids;
  },
};

/** Files of years ago do not say which model it is; what it has tells. */
const kindOf = ({ type, vocab, merges, continuing_subword_prefix: prefix }: Fields): unknown => {
  if (type !== undefined) return type;
  if (Array.isArray(vocab)) return "Unigram";
  if (merges !== undefined) return "BPE";
  return prefix === undefined ? "WordLevel" : "WordPiece";
};

/** The checked model, with its kind stated, and its tokens. */
export const checkedModel = (value: unknown, at: string): { readonly model: Fields; readonly ids: Vocabulary } => {
  anObject(value, at);
  const type = kindOf(value);
  const names = Object.keys(kinds);
  check(
    typeof type === "string" && names.includes(type),
    `${at}.type must be one of ${names.join(", ")}`,
    type,
    "string",
  );
  return { model: { ...value, type }, ids: kinds[type]!(value, at) };
};

/** Whether a value names a token, as text or as an object with its content. */
export const contentOf = (value: unknown): string | undefined => {
  const content = isObject(value) ? value["content"] : value;
  return typeof content === "string" ? content : undefined;
};
