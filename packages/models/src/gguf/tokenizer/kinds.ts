/** The kinds of tokenizer that `tokenizer.ggml.model` names, in the terms of tokenizer.json. */
import { check } from "@ropewalk/check";
import { flagAt, textAt, textsAt, tokenAt, type FileMetadata } from "./metadata-values.ts";
import { readWordRules } from "./pre-tokenizers.ts";
import type { GgufVocabulary } from "./vocabulary.ts";

type Json = Readonly<Record<string, unknown>>;

/** What differs between the kinds. */
export type TokenizerKind = {
  /** The model, the normalizer, the pre-tokenizer and the decoder of tokenizer.json. */
  readonly parts: Json;
  /** Whether a text begins with BOS where the file does not say. */
  readonly addBos: boolean;
  /** The ids of BOS and EOS where the file does not say. */
  readonly usual: { readonly bos?: number; readonly eos?: number };
};

const spaceKey = "tokenizer.ggml.add_space_prefix";

const replaced = (from: string, to: string): Json => ({ type: "Replace", pattern: { String: from }, content: to });

/** Pieces of SentencePiece, merged by their scores. A character that is no piece is written as its bytes. */
const sentencePieces = (metadata: FileMetadata, { tokens, scores, ids }: GgufVocabulary): TokenizerKind => {
  check(
    scores !== undefined,
    `${metadata.at}: tokenizer.ggml.scores must be a list where the model is llama`,
    scores,
    "object",
  );
  const words = textAt(metadata, "tokenizer.ggml.pre") ?? "default";
  check(
    words === "default",
    `${metadata.at}: tokenizer.ggml.pre must be default or absent where the model is llama`,
    words,
  );
  const unknown = tokenAt(metadata, "tokenizer.ggml.unknown_token_id", tokens.length) ?? 0;
  const spaceBefore = flagAt(metadata, spaceKey) ?? true;
  return {
    parts: {
      normalizer: {
        type: "Sequence",
        normalizers: [...(spaceBefore ? [{ type: "Prepend", prepend: "\u2581" }] : []), replaced(" ", "\u2581")],
      },
      pre_tokenizer: null,
      decoder: {
        type: "Sequence",
        decoders: [
          replaced("\u2581", " "),
          { type: "ByteFallback" },
          { type: "Fuse" },
          ...(spaceBefore ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
        ],
      },
      model: {
        type: "BPE",
        unk_token: ids[tokens[unknown]!] === undefined ? null : tokens[unknown],
        fuse_unk: true,
        byte_fallback: true,
        vocab: ids,
        merges: [],
        scores,
      },
    },
    addBos: true,
    usual: { bos: 1, eos: 2 },
  };
};

/** A merge is its two tokens with a space between them. The space is not looked for at the beginning: a token may begin with one. */
const isMerge = (ids: GgufVocabulary["ids"], merge: string): boolean => {
  const space = merge.indexOf(" ", 1);
  const [left, right] = [merge.slice(0, space), merge.slice(space + 1)];
  return space > 0 && [left, right, left + right].every((token) => Object.hasOwn(ids, token));
};

/** GPT-2's: a text is cut into words, and the bytes of a word are merged in the order of a list. */
const byteLevel = (metadata: FileMetadata, { ids }: GgufVocabulary): TokenizerKind => {
  const key = "tokenizer.ggml.merges";
  const merges = textsAt(metadata, key);
  check(merges !== undefined, `${metadata.at}: ${key} must be a list where the model is gpt2`, merges, "object");
  const wrong = merges.findIndex((merge) => !isMerge(ids, merge));
  check(wrong < 0, `${metadata.at}: ${key}[${wrong}] must be two tokens, which make one`, merges[wrong]);
  const spaceBefore = flagAt(metadata, spaceKey) ?? false;
  check(!spaceBefore, `${metadata.at}: ${spaceKey} must be absent or false where the model is gpt2`, spaceBefore);
  const { patterns, wholeWords = false, addBos = false } = readWordRules(metadata);
  return {
    parts: {
      normalizer: null,
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          ...patterns.map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false })),
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: "BPE", unk_token: null, byte_fallback: false, ignore_merges: wholeWords, vocab: ids, merges },
    },
    addBos,
    usual: {},
  };
};

/** By the name in `tokenizer.ggml.model`. */
export const tokenizerKinds: Readonly<
  Record<string, (metadata: FileMetadata, vocabulary: GgufVocabulary) => TokenizerKind>
> = { llama: sentencePieces, gpt2: byteLevel };
