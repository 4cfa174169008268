/** Checks the model of a tokenizer.json: its tokens, their ids, and the merges of two tokens into a longer one. */
import { check, showName } from "@ropewalk/check";
import {
  anObject,
  fields,
  flag,
  integer,
  isObject,
  mostIds,
  optional,
  text,
  type Fields,
  type Rule,
} from "./part-rules.ts";

/** How many characters a token may have. */
const longestToken = 4096;
/** How many nodes the prefix tree of a vocabulary with scores may have. */
const mostNodes = 1 << 20;

/** Gives the id of a token. Undefined where there is no such token. */
export type Vocabulary = (token: string) => number | undefined;

const token: Rule = (value, at) => {
  text(value, at);
  const { length } = value as string;
  check(length <= longestToken, `${at} must be a token of at most ${longestToken} characters`, length);
};

/** Ids by token, for BPE, WordPiece and WordLevel. There may be hundreds of thousands, so they are not copied. */
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

/** The number of nodes of a prefix tree of the tokens. Each token adds the characters that it does not share with the token before it. */
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

/** Ids by token, for Unigram: a list with `[token, score]` at each id. */
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

/** The two tokens of a merge, which is written `"a b"` or `["a", "b"]`. */
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

/** Checks that all merges have one form, and that both tokens and their merge are in the vocabulary. There may be hundreds of thousands. */
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

/** The rule for a prefix or suffix of words that the library does not support. */
const absent: Rule = (value, at) =>
  check(value === undefined || value === null || value === "", `${at} must be absent`, value);

/** Scores by id, one for each id of the vocabulary. */
const checkScores = (scores: unknown, vocab: Fields, at: string): void => {
  check(Array.isArray(scores), `${at} must be a list of scores by id`, scores, "object");
  const wrong = (scores as readonly unknown[]).findIndex((score) => !Number.isFinite(score));
  check(wrong < 0, `${at}[${wrong}] must be a finite number`, scores[wrong], "number");
  const least = Object.values(vocab).reduce<number>((most, id) => Math.max(most, (id as number) + 1), 0);
  check(scores.length >= least, `${at} must have a score for each id, at least ${least}`, scores.length);
};

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
    if (model["scores"] !== undefined) checkScores(model["scores"], model["vocab"] as Fields, `${at}.scores`);
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
    // For Unigram, the library writes the unknown token where others fall back to bytes.
    fields({ byte_fallback: (value, place) => check(!value, `${place} must be absent or false`, value) })(model, at);
    const ids = scoredIdsOf(model["vocab"], `${at}.vocab`);
    optional(integer(0, (model["vocab"] as readonly unknown[]).length - 1))(model["unk_id"], `${at}.unk_id`);
    return ids;
  },
};

/** The kind of model. Old files do not state it: then it follows from the fields that there are. */
const kindOf = ({ type, vocab, merges, continuing_subword_prefix: prefix }: Fields): unknown => {
  if (type !== undefined) return type;
  if (Array.isArray(vocab)) return "Unigram";
  if (merges !== undefined) return "BPE";
  return prefix === undefined ? "WordLevel" : "WordPiece";
};

/** Checks the model. Gives it with its kind stated, and its vocabulary. */
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

/** The content of a token that is given as text or as an object. Undefined for other values. */
export const contentOf = (value: unknown): string | undefined => {
  const content = isObject(value) ? value["content"] : value;
  return typeof content === "string" ? content : undefined;
};
