/** The tokens of a GGUF file: text, score and type by id. */
import { check } from "@ropewalk/check";
import { numbersAt, textsAt, type FileMetadata } from "./metadata-values.ts";

/** What a token is, by its number in `tokenizer.ggml.token_type`. */
export const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export type GgufVocabulary = {
  /** The texts, by id. */
  readonly tokens: readonly string[];
  /** The types, by id. */
  readonly types: readonly number[];
  /** The scores, by id. */
  readonly scores: readonly number[] | undefined;
  /** Ids by text. A token that is unused or has no text is not among them: nothing is encoded as it, and it has no text. */
  readonly ids: Readonly<Record<string, number>>;
};

const keys = {
  tokens: "tokenizer.ggml.tokens",
  scores: "tokenizer.ggml.scores",
  types: "tokenizer.ggml.token_type",
} as const;

const checkTypes = (metadata: FileMetadata, types: readonly number[]): void => {
  const most = tokenTypes.byte;
  const wrong = types.findIndex((type) => !Number.isInteger(type) || type < 1 || type > most);
  check(wrong < 0, `${metadata.at}: ${keys.types}[${wrong}] must be an integer from 1 to ${most}`, types[wrong]);
};

/**
 * @param vocabSize - the rows of the embedding
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readVocabulary = (metadata: FileMetadata, vocabSize: number): GgufVocabulary => {
  const tokens = textsAt(metadata, keys.tokens);
  check(tokens !== undefined, `${metadata.at}: ${keys.tokens} must be a list`, tokens, "object");
  check(
    tokens.length === vocabSize,
    `${metadata.at}: ${keys.tokens} must be as many as the embedding has rows, ${vocabSize}`,
    tokens.length,
  );
  const scores = numbersAt(metadata, keys.scores);
  const types = numbersAt(metadata, keys.types) ?? tokens.map(() => tokenTypes.normal);
  checkTypes(metadata, types);
  for (const [key, list] of [[keys.scores, scores] as const, [keys.types, types] as const])
    check(
      list === undefined || list.length === tokens.length,
      `${metadata.at}: ${key} must be as many as the tokens, ${tokens.length}`,
      list?.length,
    );
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (token === "" || types[id] === tokenTypes.unused) continue;
    const other = ids.get(token);
    if (other !== undefined)
      check(false, `${metadata.at}: ${keys.tokens}[${id}] must differ from token ${other}`, token);
    ids.set(token, id);
  }
  return { tokens, types, scores, ids: Object.fromEntries(ids) };
};
