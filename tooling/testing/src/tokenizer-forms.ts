/** Small tokenizers in the forms that checkpoints come in. */
import { readFileSync } from "node:fs";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";

type Json = { readonly [key: string]: unknown };
export type Form = { readonly tokenizer: Json; readonly config: Json };

const read = (url: URL, name: string): Json => JSON.parse(readFileSync(new URL(name, url), "utf8")) as Json;
const shipped = (url: URL): Form => ({
  tokenizer: read(url, "tokenizer.json"),
  config: read(url, "tokenizer_config.json"),
});

const special = (id: number, content: string) => ({ id, content, special: true, normalized: false });
const parts = { version: "1.0", normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };

/** The 256 characters that stand for bytes: GPT-2's. */
const byteCharacters: readonly string[] = (() => {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : 256 + moved++));
})();

const byId = (tokens: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));

/** Words as a byte-level vocabulary has them: some end inside a character. */
const byteWords = [
  "it",
  "Ġ'",
  "search",
  "'s",
  "Ġ's",
  "Ġn't",
  "Ġ!",
  "Ġ.",
  "Ã",
  "âĤ",
  "âĤ¬",
  "ðŁ",
  "ĺĢ",
  "ĠÃ",
  "\u0120\u0120",
  "Ċ",
];

export const byteLevel: Form = {
  tokenizer: {
    ...parts,
    added_tokens: [special(300, "<|end|>"), { id: 301, content: "<tool>é", special: false, normalized: false }],
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      vocab: byId([...new Set([...byteCharacters, ...byteWords])]),
      merges: [],
    },
  },
  config: { clean_up_tokenization_spaces: true },
};

const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const pieces = [
  "<unk>",
  "<s>",
  "</s>",
  ...bytes,
  "▁",
  "▁▁",
  "a",
  "▁a",
  "▁the",
  "é",
  "▁.",
  "▁'s",
  "▁n't",
  "\u4e2d",
  "\uFFFD",
];

const metaspaceModel = { type: "BPE", vocab: byId(pieces), merges: [], unk_token: "<unk>", byte_fallback: true };
const controls = [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>")];
const chain = (...decoders: readonly Json[]) => ({ type: "Sequence", decoders });
const spaces = { type: "Replace", pattern: { String: "▁" }, content: " " };
const withDecoder = (decoder: Json | null): Form => ({
  tokenizer: { ...parts, added_tokens: controls, model: metaspaceModel, decoder },
  config: {},
});

const wordPiece = ["[UNK]", "he", "##llo", "wor", "##ld", ".", "!", "'s", "n't", "##", "it"];

/** By the way in which their tokens become text. */
export const forms: Readonly<Record<string, Form>> = {
  "byte-level BPE": byteLevel,
  "byte-level BPE in a chain": {
    ...byteLevel,
    tokenizer: { ...byteLevel.tokenizer, decoder: chain({ type: "ByteLevel" }) },
  },
  "stories260K, byte fallback": shipped(stories260K.url),
  "passkey-875k, words": shipped(passkey875k.url),
  "Llama 2: byte fallback, one space cut": withDecoder(
    chain(spaces, { type: "ByteFallback" }, { type: "Fuse" }, { type: "Strip", content: " ", start: 1, stop: 0 }),
  ),
  "scores in place of merges": {
    tokenizer: {
      ...parts,
      added_tokens: controls,
      model: { ...metaspaceModel, scores: pieces.map((_, id) => -id) },
      decoder: chain(spaces, { type: "ByteFallback" }, { type: "Fuse" }),
    },
    config: {},
  },
  "Gemma: byte fallback": withDecoder(chain(spaces, { type: "ByteFallback" }, { type: "Fuse" })),
  "two spaces cut before, one behind": withDecoder(
    chain(spaces, { type: "ByteFallback" }, { type: "Fuse" }, { type: "Strip", content: " ", start: 2, stop: 1 }),
  ),
  "a space cut from each run": withDecoder(
    chain(spaces, { type: "ByteFallback" }, { type: "Strip", content: " ", start: 1, stop: 1 }),
  ),
  metaspace: withDecoder({ type: "Metaspace", replacement: "▁", add_prefix_space: true }),
  "metaspace over bytes": withDecoder(chain({ type: "ByteFallback" }, { type: "Metaspace" })),
  "no decoder": withDecoder(null),
  WordPiece: {
    tokenizer: {
      ...parts,
      added_tokens: [special(0, "[UNK]")],
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", vocab: byId(wordPiece) },
    },
    config: {},
  },
  "replaced across tokens": withDecoder(chain({ type: "Fuse" }, { ...spaces, pattern: { String: "a▁" } })),
  CTC: withDecoder({ type: "CTC", pad_token: "<unk>", word_delimiter_token: "▁", cleanup: true }),
  "suffixes of words": {
    tokenizer: {
      ...parts,
      added_tokens: [],
      decoder: { type: "BPEDecoder", suffix: "</w>" },
      model: { type: "BPE", vocab: byId(["a", "b</w>", "</w>c", "<", "/w>"]), merges: [], end_of_word_suffix: "</w>" },
    },
    config: {},
  },
};
