/** Tokenizers out of GGUF metadata: the ids of llama.cpp, and those of the same tokenizers as tokenizer.json. */
import { readFileSync } from "node:fs";
import type { Metadata } from "@ropewalk/gguf";
import { ggufTexts, mergesOfScores } from "@ropewalk/models";
import {
  addedToBytes,
  byteLevel,
  byteTokensOf,
  isExactInLlamaCpp,
  numTokens,
  tokenizerCases,
} from "@ropewalk/testing/gguf-tokenizers/cases";
import { randomTexts, somePairs } from "@ropewalk/testing/gguf-tokenizers/random";
import { plainTexts, tokenizerTexts } from "@ropewalk/testing/gguf-tokenizers/texts";
import { readRepositoryJson } from "@ropewalk/testing/repository";
import { tokenizerIds } from "@ropewalk/testing/vectors";
import { stories260K } from "@ropewalk/tiny-models";
import { describe, expect, it } from "vitest";
import { textCodec, type TextCodec } from "../../src/index.ts";

const filesOf = (metadata: Metadata) => ggufTexts(metadata, numTokens(metadata)).tokenizer!;
const codecOf = (metadata: Metadata): TextCodec => textCodec(filesOf(metadata));
const idsOf = ({ encode }: TextCodec, text: string): readonly number[] => encode(text, { specialTokens: false });
const texts = [...tokenizerTexts, ...randomTexts(150)];
const cases = Object.entries(tokenizerCases).map(([name, metadata]) => ({ name, metadata }));

describe("ids", () => {
  const wanted = readRepositoryJson<Readonly<Record<string, readonly (readonly number[] | null)[]>>>(tokenizerIds);

  it.each(cases)("are llama.cpp's: $name", ({ name, metadata }) => {
    const codec = codecOf(metadata);
    for (const [index, text] of tokenizerTexts.entries()) {
      const ids = wanted[name]![index];
      // It takes some characters of these texts for others.
      if (ids === null) expect(isExactInLlamaCpp(metadata, text)).toBe(false);
      else expect(idsOf(codec, text), text).toEqual(ids);
    }
  });

  it("begin with BOS, and end with EOS, as the file says", () => {
    const begins = (name: string) => codecOf(tokenizerCases[name]!).encode("a");
    expect(begins("pieces")[0]).toBe(1);
    expect(begins("pieces, no space before").at(-1)).toBe(2);
    expect(begins("bytes, llama-bpe")).toHaveLength(2);
    expect(begins("bytes, qwen2")).toHaveLength(1);
  });
});

describe("text", () => {
  it.each(cases)("is what was encoded: $name", ({ name, metadata }) => {
    const { encode, decode } = codecOf(metadata);
    // Of pieces, a space stands before the text behind an added token too, a space is written for "\u2581", and a byte order mark is not read.
    const lossy = name.startsWith("bytes") ? /\0{9}/ : / {3}|\n\n|\u2581|\ufeff/;
    for (const text of plainTexts.filter((one) => !lossy.test(one))) expect(decode(encode(text))).toBe(text);
  });

  it("has no special and no unused tokens", () => {
    const metadata = tokenizerCases["pieces"]!;
    const tokens = metadata.get("tokenizer.ggml.tokens") as readonly string[];
    const ids = ["<s>", "<|user|>", "[PAD7]", "<|tool|>", "</s>"].map((text) => tokens.indexOf(text));
    expect(codecOf(metadata).decode(ids)).toBe("<|tool|>");
  });

  it("of messages is written by the template in the file", () => {
    const metadata = new Map([
      ...tokenizerCases["pieces"]!,
      ["tokenizer.chat_template", "{{ bos_token }}<|user|>{{ messages[0].content }}<|end|>"] as const,
    ]);
    const { formatChat, encodeChat } = codecOf(metadata);
    const messages = [{ role: "user", content: "Hi" }];
    expect(formatChat!(messages)).toBe("<s><|user|>Hi<|end|>");
    expect(encodeChat!(messages)[0]).toBe(1);
  });
});

describe("stories260K", () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, stories260K.url), "utf8"));

  it("has the ids and texts of its tokenizer.json", () => {
    const [ours, shipped] = [
      codecOf(tokenizerCases["stories260K"]!),
      textCodec({ tokenizer: read("tokenizer.json"), config: read("tokenizer_config.json") }),
    ];
    for (const text of texts) {
      const ids = ours.encode(text);
      expect(ids.join(), text).toBe(shipped.encode(text).join());
      expect(ours.decode(ids)).toBe(shipped.decode(ids));
    }
  });
});

/** The pre-tokenizers as the tokenizer.json of checkpoints have them. */
const published: Readonly<Record<string, object>> = (() => {
  const bytes = (use_regex: boolean) => ({ type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex });
  const sequence = (...pretokenizers: readonly object[]) => ({ type: "Sequence", pretokenizers });
  const split = (Regex: string) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false });
  const words = (digits: string) =>
    split(
      `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
    );
  const [upper, lower] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];
  const byCase = (ending: string, digits: string) =>
    split(
      `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${ending}|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${ending}|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
    );
  return {
    "gpt-2": bytes(true),
    smollm: sequence({ type: "Digits", individual_digits: true }, bytes(true)),
    "llama-bpe": sequence(words("{1,3}"), bytes(false)),
    "smaug-bpe": sequence(words("{1,3}"), bytes(false)),
    qwen2: sequence(words(""), bytes(false)),
    tekken: sequence(byCase("", ""), bytes(false)),
    "gpt-4o": sequence(byCase("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "{1,3}"), bytes(false)),
    "deepseek-coder": sequence(
      ...["[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"].map(split),
      { type: "Digits", individual_digits: true },
      bytes(false),
    ),
  };
})();

describe("a byte-level vocabulary", () => {
  const withWholeWords = new Set(["llama-bpe", "tekken"]);

  it.each(Object.keys(published))("has the ids of its tokenizer.json: %s", (pre) => {
    const ordinary = byteTokensOf(somePairs);
    const types = { userDefined: 4, unused: 5 };
    const tokenizer = {
      version: "1.0",
      added_tokens: addedToBytes.flatMap(({ text, type }, index) =>
        type === types.unused
          ? []
          : [{ id: ordinary.length + index, content: text, normalized: false, special: type !== types.userDefined }],
      ),
      normalizer: null,
      pre_tokenizer: published[pre],
      post_processor: null,
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: "BPE",
        ignore_merges: withWholeWords.has(pre),
        vocab: Object.fromEntries(ordinary.map((token, id) => [token, id])),
        merges: somePairs,
      },
    };
    const [ours, theirs] = [codecOf(byteLevel(pre, somePairs)), textCodec({ tokenizer, config: {} })];
    for (const text of texts) {
      const ids = idsOf(ours, text);
      expect(ids.join(), text).toBe(idsOf(theirs, text).join());
      expect(ours.decode(ids)).toBe(theirs.decode(ids));
    }
  });
});

describe("a list of merges in place of scores", () => {
  it("gives the same ids where no scores tie and each character is a token", () => {
    const files = filesOf(tokenizerCases["stories260K"]!);
    const { model, ...parts } = files.tokenizer as { readonly model: Readonly<Record<string, unknown>> };
    const { scores, ...others } = model;
    const listed = textCodec({
      ...files,
      tokenizer: { ...parts, model: { ...others, merges: mergesOfScores(model as never) } },
    });
    const ours = textCodec(files);
    expect(scores).toBeDefined();
    for (const text of texts) expect(idsOf(listed, text).join(), text).toBe(idsOf(ours, text).join());
  });
});
