/**
 * What the metadata of a GGUF file says about text, in the form in which a folder's files say it: its tokenizer as the values of tokenizer.json
 * and tokenizer_config.json, its chat template, and the tokens that begin and end a text.
 *
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { check } from "@ropewalk/check";
import type { Metadata } from "@ropewalk/gguf";
import type { ModelTexts } from "../../text/model-texts.ts";
import { addedTokens } from "./added-tokens.ts";
import { postProcessor, readEnds, type Ends } from "./ends.ts";
import { checkTokenizerKeys } from "./known-keys.ts";
import { tokenizerKinds } from "./kinds.ts";
import { textAt, tokenAt, tokensAt, type FileMetadata } from "./metadata-values.ts";
import { readStopTokens } from "./stop-tokens.ts";
import { readVocabulary, tokenTypes, type GgufVocabulary } from "./vocabulary.ts";

const modelKey = "tokenizer.ggml.model";

/** Names of a tokenizer by which a file says that it has none. */
const none: ReadonlySet<string | undefined> = new Set(["none", "no_vocab"]);

const hasTokenizer = (metadata: FileMetadata): boolean =>
  !none.has(textAt(metadata, modelKey)) && [...metadata.values.keys()].some((key) => key.startsWith("tokenizer."));

/** The value of tokenizer_config.json: the texts of tokens by name, which chat templates write. */
const configOf = (metadata: FileMetadata, { tokens, types }: GgufVocabulary, { bos, eos }: Ends): object => {
  const named = (name: string, key: string): object => {
    const id = tokenAt(metadata, `tokenizer.ggml.${key}_token_id`, tokens.length);
    // A name makes its token special, and padding may be any token.
    const isSpecial = id !== undefined && (types[id] === tokenTypes.control || types[id] === tokenTypes.unknown);
    return isSpecial ? { [name]: tokens[id] } : {};
  };
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    ...(bos !== undefined && { bos_token: tokens[bos] }),
    ...(eos !== undefined && { eos_token: tokens[eos] }),
    ...named("unk_token", "unknown"),
    ...named("pad_token", "padding"),
    clean_up_tokenization_spaces: false,
  };
};

/** {@link ggufTexts} of a file, which errors name. */
export const textsOfFile = (metadata: FileMetadata, vocabSize: number): ModelTexts => {
  if (!hasTokenizer(metadata)) return { tokenizer: undefined, bosToken: undefined, stopTokens: [] };
  const model = textAt(metadata, modelKey);
  const read = model !== undefined && Object.hasOwn(tokenizerKinds, model) ? tokenizerKinds[model] : undefined;
  check(
    read !== undefined,
    `${metadata.at}: ${modelKey} must be one of ${Object.keys(tokenizerKinds).join(", ")}`,
    model,
  );
  checkTokenizerKeys(metadata);
  const vocabulary = readVocabulary(metadata, vocabSize);
  const kind = read(metadata, vocabulary);
  const ends = readEnds(metadata, vocabulary, kind);
  const suppressed = tokensAt(metadata, "tokenizer.ggml.suppress_tokens", vocabSize);
  return {
    tokenizer: {
      tokenizer: {
        version: "1.0",
        added_tokens: addedTokens(metadata, vocabulary),
        ...kind.parts,
        post_processor: postProcessor(metadata, vocabulary, kind, ends),
      },
      config: configOf(metadata, vocabulary, ends),
      chatTemplate: textAt(metadata, "tokenizer.chat_template"),
    },
    bosToken: ends.bos,
    stopTokens: readStopTokens(metadata, vocabulary, ends.eos),
    ...(suppressed.length > 0 && { generationConfig: { suppress_tokens: suppressed } }),
  };
};

/**
 * Reads a tokenizer out of a GGUF file's metadata. Its tokenizer.json may have a field that the format does not: `scores` of the model, by id.
 * Then tokens are merged by their scores, and not by a list. `mergesOfScores` makes such a list, for other readers.
 *
 * @param metadata - values by key, as `readGguf` of `@ropewalk/gguf` gives them
 * @param vocabSize - the rows of the embedding
 * @returns texts whose tokenizer is undefined where the file has none
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const ggufTexts = (metadata: Metadata, vocabSize: number): ModelTexts => {
  const at = "ggufTexts";
  check(metadata instanceof Map, `${at}: metadata must be a Map`, metadata, "object");
  return textsOfFile({ at, values: metadata }, vocabSize);
};
