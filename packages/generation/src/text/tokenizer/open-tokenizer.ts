/** Makes a tokenizer of the parsed tokenizer.json and tokenizer_config.json. Both are checked, and everything that they say is honoured. */
import { Tokenizer } from "@huggingface/tokenizers";
import { check } from "@ropewalk/check";
import { addedTokens, postProcessor, preTokenizer } from "./tokenizer-config.ts";
import { decodesLocally } from "./locality.ts";
import { mergeByScore } from "./merge-by-score.ts";
import { checkParts } from "./check-parts.ts";
import { anObject, type Fields } from "./part-rules.ts";
import { partsInTerms } from "./library-terms.ts";
import { checkedModel, type Vocabulary } from "./check-vocabulary.ts";

/** Checks that the special tokens that a post-processor writes are tokens. */
const checkWritten = (part: unknown, known: (token: string) => boolean, at: string): void => {
  if (part === null || part === undefined) return;
  const { single = [], processors = [], cls, sep } = part as Readonly<Record<string, never>>;
  const names = [
    ...(single as readonly Fields[]).flatMap((one) =>
      "SpecialToken" in one ? [(one["SpecialToken"] as Fields)["id"]] : [],
    ),
    ...[cls, sep].flatMap((pair: readonly unknown[] | undefined) => (pair ? [pair[0]] : [])),
  ];
  for (const name of names) check(known(name as string), `${at} must write tokens of the vocabulary`, name);
  for (const [index, one] of (processors as readonly unknown[]).entries())
    checkWritten(one, known, `${at}.processors[${index}]`);
};

export type OpenedTokenizer = {
  readonly tokenizer: Tokenizer;
  readonly local: boolean;
  /** The ids of special tokens, which have no text, by their contents. */
  readonly special: ReadonlyMap<string, number>;
};

/** The scores of a model that merges by them. The library knows lists of merges alone. */
const scoresOf = ({ type, scores }: Fields): readonly number[] | undefined =>
  type === "BPE" ? (scores as readonly number[] | undefined) : undefined;

/** The library's tokenizer, with its own way to merge where the model has scores. */
const libraryTokenizer = (whole: Fields, config: Fields, ids: Vocabulary): Tokenizer => {
  const model = whole["model"] as Fields;
  const scores = scoresOf(model);
  if (scores === undefined) return new Tokenizer(whole, config);
  const tokenizer = new Tokenizer({ ...whole, model: { ...model, merges: [] } }, config);
  const scoreOf = (token: string): number | undefined => {
    const id = ids(token);
    return id === undefined ? undefined : scores[id];
  };
  (tokenizer.model as { bpe: (word: string) => string[] }).bpe = mergeByScore(scoreOf);
  return tokenizer;
};

/** @throws TypeError and RangeError that name the file, the place, the rule and the value */
export const openTokenizer = (where: string, file: unknown, config: unknown): OpenedTokenizer => {
  const at = `${where}: `;
  const place = `${at}tokenizer.json: `;
  anObject(file, `${at}tokenizer.json`);
  anObject(config, `${at}tokenizer_config.json`);
  check(
    !config["split_special_tokens"],
    `${at}tokenizer_config.json: split_special_tokens must be absent or false`,
    config["split_special_tokens"],
  );
  const { model, ids } = checkedModel(file["model"], `${place}model`);
  checkParts(file, place);
  const added = addedTokens(file, config, ids, at);
  const contents = new Set(added.map(({ content }) => content));
  const special = new Map(added.flatMap((token) => (token["special"] ? [[token.content, token.id] as const] : [])));
  const known = (token: string): boolean => ids(token) !== undefined || contents.has(token);
  const stated = file["post_processor"] ?? null;
  checkWritten(stated, known, `${place}post_processor`);
  const parts = partsInTerms({ ...file, pre_tokenizer: preTokenizer(file, config, at) }, place);
  checkParts(parts, place);
  const whole = {
    ...parts,
    model,
    added_tokens: added,
    post_processor: postProcessor(config, known, at) ?? stated,
    decoder: parts["decoder"] as Fields | null,
  };
  // The library takes a word-level model's unknown token from the other file.
  const more = model["type"] === "WordLevel" ? { ...config, unk_token: model["unk_token"] } : config;
  try {
    return { tokenizer: libraryTokenizer(whole, more, ids), local: decodesLocally(whole), special };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${at}tokenizer.json must be a tokenizer that can be run, got one that cannot: ${said}`, {
      cause: error,
    });
  }
};
