/** Tokenizers as the metadata of GGUF files, by name: of every kind, under every pre-tokenizer, with vocabularies that are trained here. */
import { readFileSync } from "node:fs";
import type { Metadata, MetadataValue } from "@ropewalk/gguf";
import { stories260K } from "@ropewalk/tiny-models";
import { plainTexts } from "./texts.ts";
import { trainMerges, type Merge } from "./train-merges.ts";

/** The number of tokens. */
export const numTokens = (metadata: Metadata): number =>
  (metadata.get("tokenizer.ggml.tokens") as readonly string[]).length;

const types = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

type Token = { readonly text: string; readonly type: number; readonly score: number };

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");
const byteTokens = Array.from({ length: 256 }, (_, byte) => ({ text: `<0x${hex(byte)}>`, type: types.byte, score: 0 }));
const token = (text: string, type: number, score = 0): Token => ({ text, type, score });

const metadataOf = (tokens: readonly Token[], more: Readonly<Record<string, MetadataValue>>): Metadata =>
  new Map<string, MetadataValue>([
    ["general.architecture", "llama"],
    ["tokenizer.ggml.tokens", tokens.map(({ text }) => text)],
    ["tokenizer.ggml.scores", Float32Array.from(tokens, ({ score }) => score)],
    ["tokenizer.ggml.token_type", Int32Array.from(tokens, ({ type }) => type)],
    ...Object.entries(more),
  ]);

/** SentencePiece is trained on lines, and its words begin with their spaces. Some scripts have no piece of their own, and are bytes. */
const words = plainTexts.flatMap((text) =>
  text.split(/(?= )|[\t\r\n]+/).map((word) => [...word.replaceAll(" ", "\u2581")]),
);
const withoutPiece = /[\p{sc=Thai}\p{sc=Hebrew}\p{Emoji_Presentation}\p{Cc}]/u;
const pieces = [...new Set(words.flat().filter((piece) => !withoutPiece.test(piece)))];
const joinedPieces = [...new Set(trainMerges(words, 400).map((merge) => merge.join("")))].filter(
  (piece) => !pieces.includes(piece),
);

const controls = [token("<unk>", types.unknown), token("<s>", types.control), token("</s>", types.control)];
const turns = ["<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"].map((text) => token(text, types.control));
const tool = token("<|tool|>", types.userDefined);
const own = [tool, token("   ", types.userDefined), token("\n\n", types.userDefined)];
const unused = [token("[PAD7]", types.unused)];

/**
 * @param scoreOf - the score of the piece that was trained as the n-th
 * @param mine - tokens that users defined
 */
const pieceTokens = (scoreOf: (n: number) => number, mine: readonly Token[]): readonly Token[] => [
  ...controls,
  ...byteTokens,
  ...joinedPieces.map((piece, n) => token(piece, types.normal, scoreOf(n))),
  ...pieces.map((piece, n) => token(piece, types.normal, scoreOf(joinedPieces.length + n))),
  ...turns,
  ...mine,
  ...unused,
];

const sentencePiece = (
  scoreOf: (n: number) => number,
  more: Readonly<Record<string, MetadataValue>> = {},
  mine: readonly Token[] = own,
): Metadata =>
  metadataOf(pieceTokens(scoreOf, mine), {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.ggml.unknown_token_id": 0,
    ...more,
  });

const inOrder = (n: number): number => -n;

/** The 256 characters that stand for bytes: GPT-2's. */
export const byteCharacters: readonly string[] = (() => {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : 256 + moved++));
})();

const asBytes = (text: string): readonly string[] =>
  Array.from(new TextEncoder().encode(text), (byte) => byteCharacters[byte]!);

/** Tokens of byte-level vocabularies that are added. */
export const addedToBytes: readonly Token[] = [...controls.slice(1), ...turns, ...own, ...unused];

/** The ordinary tokens of a byte-level vocabulary, by id. The added ones follow. */
export const byteTokensOf = (merges: readonly Merge[]): readonly string[] => [
  ...new Set([...byteCharacters, ...merges.map((merge) => merge.join(""))]),
];

/** Merges across words, spaces and signs too: then ids tell where a pre-tokenizer cuts. */
const byteMerges: readonly Merge[] = trainMerges(plainTexts.map(asBytes), 700);

/** A byte-level tokenizer under a pre-tokenizer. */
export const byteLevel = (pre: string, merges: readonly Merge[] = byteMerges): Metadata => {
  const ordinary = byteTokensOf(merges);
  return metadataOf([...ordinary.map((text) => token(text, types.normal)), ...addedToBytes], {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": pre,
    "tokenizer.ggml.merges": merges.map((merge) => merge.join(" ")),
    "tokenizer.ggml.bos_token_id": ordinary.length,
    "tokenizer.ggml.eos_token_id": ordinary.length + 1,
  });
};

/** One name of each pre-tokenizer. */
export const preTokenizers = [
  "gpt-2",
  "smollm",
  "llama-bpe",
  "smaug-bpe",
  "qwen2",
  "tekken",
  "gpt-4o",
  "deepseek-coder",
  "falcon",
  "default",
] as const;

/** The tokenizer that ships with stories260K, in the form of GGUF. */
const stories = (): Metadata => {
  const url = new URL("tokenizer.json", stories260K.url);
  const { model } = JSON.parse(readFileSync(url, "utf8")) as {
    readonly model: { readonly vocab: Readonly<Record<string, number>> };
  };
  const texts = Object.entries(model.vocab).toSorted(([, a], [, b]) => a - b);
  const first = controls.length + byteTokens.length;
  const tokens = texts.map(([text, id]) => token(text, types.normal, first - id));
  return metadataOf([...controls, ...byteTokens, ...tokens.slice(first)], { "tokenizer.ggml.model": "llama" });
};

const anyUpperOrMark = /\p{M}|(?![A-Z])[\p{Lu}\p{Lt}]/u;
const anySpace = /(?![\t-\r ])\p{White_Space}/u;

/** Characters that llama.cpp takes for others, by pre-tokenizer or architecture: some patterns and rules it knows for ASCII, or without marks. */
const approximated: ReadonlyMap<unknown, RegExp> = new Map([
  ["tekken", anyUpperOrMark],
  ["gpt-4o", anyUpperOrMark],
  ["deepseek-coder", anySpace],
  ["phi3", anySpace],
]);

/** Whether llama.cpp reads all characters of a text as the tokenizer means them. */
export const isExactInLlamaCpp = (metadata: Metadata, text: string): boolean =>
  ["tokenizer.ggml.pre", "general.architecture"].every((key) => !approximated.get(metadata.get(key))?.test(text));

/** Pieces of few letters, so that many ways lead to each, with scores of which many tie. @param tokens - texts and scores */
export const ofPieces = (tokens: readonly (readonly [text: string, score: number])[]): Metadata =>
  metadataOf([...controls, ...byteTokens, ...tokens.map(([text, score]) => token(text, types.normal, score))], {
    "tokenizer.ggml.model": "llama",
  });

export const tokenizerCases: Readonly<Record<string, Metadata>> = {
  stories260K: stories(),
  pieces: sentencePiece(inOrder),
  "pieces, no space before": sentencePiece(inOrder, {
    "general.architecture": "gemma",
    "tokenizer.ggml.add_space_prefix": false,
    "tokenizer.ggml.add_eos_token": true,
  }),
  // Long pieces before short ones, and many of equal scores.
  "pieces, scores that tie": sentencePiece((n) => (n * 7919) % 5),
  "pieces, Phi-3": sentencePiece(
    inOrder,
    { "general.architecture": "phi3", "general.name": "phi-3" },
    // Its tokens take the white space behind them away, and none of them is white space.
    [tool],
  ),
  ...Object.fromEntries(preTokenizers.map((pre) => [`bytes, ${pre}`, byteLevel(pre)])),
};
