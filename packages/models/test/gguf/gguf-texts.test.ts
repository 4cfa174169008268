/** Tokenizers out of the metadata of GGUF files: what is read, and what is refused. */
import { byteLevel, numTokens, tokenizerCases } from "@ropewalk/testing/gguf-tokenizers/cases";
import type { Metadata, MetadataValue } from "@ropewalk/gguf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ggufTexts } from "../../src/index.ts";

type Json = {
  readonly tokenizer: {
    readonly added_tokens: readonly { readonly content: string; readonly special: boolean; readonly rstrip: boolean }[];
    readonly normalizer: unknown;
    readonly post_processor: { readonly single: readonly unknown[] } | null;
    readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly ignore_merges?: boolean };
  };
  readonly config: Readonly<Record<string, unknown>>;
  readonly chatTemplate: string | undefined;
};

const pieces = tokenizerCases["pieces"]!;
const bytes = byteLevel("llama-bpe");
const key = (name: string): string => `tokenizer.ggml.${name}`;
/** The metadata with some values changed; undefined takes a key away. */
const changed = (metadata: Metadata, values: Readonly<Record<string, unknown>>): Metadata =>
  new Map(
    [...metadata, ...(Object.entries(values) as [string, MetadataValue][])].filter(
      ([name]) => !(name in values) || values[name] !== undefined,
    ),
  );
const read = (metadata: Metadata, values: Readonly<Record<string, unknown>> = {}) =>
  ggufTexts(changed(metadata, values), numTokens(metadata));
const filesOf = (...given: Parameters<typeof read>): Json => read(...given).tokenizer as Json;
const writes = (...given: Parameters<typeof read>): readonly (string | undefined)[] =>
  (filesOf(...given).tokenizer.post_processor?.single ?? []).map(
    (one) => (one as { readonly SpecialToken?: { readonly id: string } }).SpecialToken?.id,
  );

describe("ggufTexts", () => {
  it("gives no tokenizer where the file has none", () => {
    const none = { tokenizer: undefined, bosToken: undefined, stopTokens: [] };
    expect(ggufTexts(new Map([["general.architecture", "llama"]]), 512)).toEqual(none);
    expect(ggufTexts(new Map([[key("model"), "none"]]), 512)).toEqual(none);
    expect(ggufTexts(new Map([[key("model"), "no_vocab"]]), 512)).toEqual(none);
  });

  it("writes BOS and EOS as the file says, or as the kind of tokenizer does", () => {
    expect(writes(pieces)).toEqual(["<s>", undefined]);
    expect(writes(pieces, { [key("add_bos_token")]: false })).toEqual([]);
    expect(writes(pieces, { [key("add_eos_token")]: true })).toEqual(["<s>", undefined, "</s>"]);
    expect(writes(pieces, { [key("add_bos_token")]: false, [key("add_eos_token")]: true })).toEqual([
      undefined,
      "</s>",
    ]);
    expect(writes(bytes)).toEqual(["<s>", undefined]);
    expect(writes(byteLevel("qwen2"))).toEqual([]);
    expect(writes(byteLevel("qwen2"), { [key("add_bos_token")]: true })).toEqual(["<s>", undefined]);
    expect(writes(byteLevel("tekken"), { [key("bos_token_id")]: undefined })).toEqual([]);
  });

  it("takes the ids of BOS and EOS that pieces usually have", () => {
    const ends = { [key("bos_token_id")]: undefined, [key("eos_token_id")]: undefined };
    expect(read(pieces, ends)).toMatchObject({ bosToken: 1, stopTokens: expect.arrayContaining([2]) });
    expect(read(bytes, ends).bosToken).toBeUndefined();
  });

  it("knows the tokens that end a text: those stated, and those of type control with a known name", () => {
    const tokens = pieces.get(key("tokens")) as readonly string[];
    const named = ["<|end|>", "<|endoftext|>"].map((text) => tokens.indexOf(text));
    expect(read(pieces).stopTokens).toEqual([2, ...named]);
    expect(read(pieces, { [key("eot_token_id")]: 300, [key("eom_token_id")]: 301 }).stopTokens).toEqual([
      2,
      300,
      301,
      ...named,
    ]);
    expect(read(pieces, { [key("eos_token_ids")]: [7, 2] }).stopTokens).toEqual([2, 7, ...named]);
    const types = (pieces.get(key("token_type")) as Int32Array).map((type, id) => (named.includes(id) ? 1 : type));
    expect(read(pieces, { [key("token_type")]: types }).stopTokens).toEqual([2]);
  });

  it("adds tokens by their types", () => {
    const { added_tokens, model } = filesOf(pieces).tokenizer;
    const special = added_tokens.filter((one) => one.special).map(({ content }) => content);
    expect(special).toEqual(["<unk>", "<s>", "</s>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"]);
    expect(added_tokens.filter((one) => !one.special).map(({ content }) => content)).toEqual([
      "<|tool|>",
      "   ",
      "\n\n",
    ]);
    expect(model.vocab).not.toHaveProperty(["[PAD7]"]);
    expect(added_tokens.some((one) => one.rstrip)).toBe(false);
    const phi3 = filesOf(tokenizerCases["pieces, Phi-3"]!).tokenizer.added_tokens;
    expect(phi3.filter((one) => !one.rstrip).map(({ content }) => content)).toEqual(["<unk>", "<s>", "<|endoftext|>"]);
  });

  it("names tokens for chat templates, and hands the template on", () => {
    const template = "{{ bos_token }}{{ messages[0].content }}";
    const { config, chatTemplate } = filesOf(pieces, {
      "tokenizer.chat_template": template,
      "tokenizer.chat_templates": ["tool_use"],
      "tokenizer.chat_template.tool_use": "x",
      // An ordinary token, which padding does not make special.
      [key("padding_token_id")]: 300,
    });
    expect(chatTemplate).toBe(template);
    expect(config).toEqual({
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: "<s>",
      eos_token: "</s>",
      unk_token: "<unk>",
      clean_up_tokenization_spaces: false,
    });
    expect(filesOf(bytes).chatTemplate).toBeUndefined();
  });

  it("knows the pre-tokenizer of an old file by its architecture, where that has only one", () => {
    const old = (architecture: string) =>
      filesOf(bytes, { [key("pre")]: undefined, "general.architecture": architecture }).tokenizer;
    expect(old("phi2")).toEqual(filesOf(byteLevel("gpt-2")).tokenizer);
    expect(old("qwen2")).toEqual(filesOf(byteLevel("qwen2")).tokenizer);
    expect(() => old("llama")).toThrow(/^ggufTexts: tokenizer.ggml.pre must be one of gpt-2, phi-2, .*, got nothing$/);
  });

  it("takes the largest number of 32 bits for no token", () => {
    const none = 2 ** 32 - 1;
    expect(filesOf(pieces, { [key("padding_token_id")]: none })).toEqual(filesOf(pieces));
    expect(read(pieces, { [key("eot_token_id")]: none })).toEqual(read(pieces));
  });

  it("takes the name that converters write beside pieces, and no other", () => {
    expect(filesOf(pieces, { [key("pre")]: "default" })).toEqual(filesOf(pieces));
    expect(() => filesOf(pieces, { [key("pre")]: "zzz" })).toThrow(
      'ggufTexts: tokenizer.ggml.pre must be default or absent where the model is llama, got "zzz"',
    );
  });

  it("takes numbers of any type, and sampling from the file", () => {
    expect(read(pieces, { [key("eos_token_ids")]: BigInt64Array.from([7n]) }).stopTokens).toContain(7);
    expect(read(pieces, { [key("suppress_tokens")]: Int32Array.from([5, 6]) }).generationConfig).toEqual({
      suppress_tokens: [5, 6],
    });
    expect(filesOf(pieces, { [key("token_type")]: undefined }).tokenizer.added_tokens).toEqual([]);
  });
});

describe("what is refused", () => {
  const tokens = pieces.get(key("tokens")) as readonly string[];
  const merges = bytes.get(key("merges")) as readonly string[];

  it.each<[Metadata, string, unknown, string]>([
    [pieces, key("model"), "bert", 'must be one of llama, gpt2, got "bert"'],
    [pieces, key("model"), undefined, "must be one of llama, gpt2, got nothing"],
    [pieces, key("model"), "__proto__", 'must be one of llama, gpt2, got "__proto__"'],
    [pieces, key("model"), 7, "must be text, got 7"],
    [pieces, key("tokens"), undefined, "must be a list, got nothing"],
    [
      pieces,
      key("tokens"),
      tokens.slice(1),
      `must be as many as the embedding has rows, ${tokens.length}, got ${tokens.length - 1}`,
    ],
    [pieces, `${key("tokens")}[5]`, tokens.with(5, 5 as never), "must be text, got 5"],
    [pieces, `${key("tokens")}[300]`, tokens.with(300, tokens[299]!), "must differ from token 299, got"],
    [pieces, key("scores"), [1, 2], `must be as many as the tokens, ${tokens.length}, got 2`],
    [pieces, key("scores"), undefined, "must be a list where the model is llama, got nothing"],
    [pieces, `${key("scores")}[0]`, tokens.map(() => Number.NaN), "must be a finite number, got NaN"],
    [pieces, key("token_type"), [1, 2], `must be as many as the tokens, ${tokens.length}, got 2`],
    [pieces, `${key("token_type")}[0]`, tokens.map(() => 7), "must be an integer from 1 to 6, got 7"],
    [
      pieces,
      key("bos_token_id"),
      tokens.length,
      `must be a token, an integer from 0 to ${tokens.length - 1}, got ${tokens.length}`,
    ],
    [pieces, key("eos_token_id"), -1, `must be a token, an integer from 0 to ${tokens.length - 1}, got -1`],
    [
      pieces,
      key("eos_token_id"),
      tokens.length - 1,
      `must be a token with a text that is not unused, got ${tokens.length - 1}`,
    ],
    [pieces, key("unknown_token_id"), "x", `must be a token, an integer from 0 to ${tokens.length - 1}, got "x"`],
    [
      pieces,
      key("padding_token_id"),
      1e9,
      `must be a token, an integer from 0 to ${tokens.length - 1}, got 1000000000`,
    ],
    [
      pieces,
      `${key("eos_token_ids")}[1]`,
      [2, -2],
      `must be a token, an integer from 0 to ${tokens.length - 1}, got -2`,
    ],
    [pieces, key("add_bos_token"), "yes", 'must be true or false, got "yes"'],
    [pieces, key("add_space_prefix"), 1, "must be true or false, got 1"],
    [pieces, key("remove_extra_whitespaces"), true, "must be absent or false, got true"],
    [pieces, key("add_sep_token"), true, "must be absent or false, got true"],
    [pieces, key("precompiled_charsmap"), [1], "must be absent, as it may change ids and is not known, got"],
    [pieces, "tokenizer.chat_template", 7, "must be text, got 7"],
    [pieces, "tokenizer.chat_template", ["x"], "must be text, got"],
    [bytes, key("pre"), "none", "must be one of gpt-2, phi-2,"],
    [bytes, key("merges"), undefined, "must be a list where the model is gpt2, got nothing"],
    [bytes, `${key("merges")}[3]`, merges.with(3, "no such"), 'must be two tokens, which make one, got "no such"'],
    [bytes, `${key("merges")}[3]`, merges.with(3, "x"), 'must be two tokens, which make one, got "x"'],
    [bytes, `${key("merges")}[3]`, merges.with(3, ""), 'must be two tokens, which make one, got ""'],
    [bytes, key("add_space_prefix"), true, "must be absent or false where the model is gpt2, got true"],
  ])("%#: %s", (metadata, name, value, rule) => {
    const of = { [name.replace(/\[\d+\]$/, "")]: value };
    expect(() => read(metadata, of)).toThrow(`ggufTexts: ${name} ${rule}`);
  });

  it("is a token that is written and not there", () => {
    const of = { [key("bos_token_id")]: undefined, [key("add_bos_token")]: true };
    expect(() => read(bytes, of)).toThrow(
      "ggufTexts: tokenizer.ggml.add_bos_token must be false where there is no bos_token_id, got true",
    );
    expect(() => ggufTexts({} as never, 1)).toThrow("ggufTexts: metadata must be a Map, got an object");
  });

  const wrong = [
    undefined,
    null,
    true,
    -1,
    0,
    1.5,
    2,
    1e9,
    5n,
    "",
    "llama",
    "gpt2",
    [],
    ["a", "b"],
    [1, "b"],
    Float32Array.from([1, 2]),
    new DataView(new ArrayBuffer(4)),
    {},
  ];

  it("is named by its key, whatever stands there", () => {
    const small = (metadata: Metadata): Metadata =>
      changed(metadata, {
        [key("tokens")]: (metadata.get(key("tokens")) as readonly string[]).slice(0, 6),
        [key("scores")]: [0, 0, 0, 0, 0, 0],
        [key("token_type")]: [1, 1, 3, 3, 4, 5],
        [key("merges")]: [],
        [key("bos_token_id")]: 2,
        [key("eos_token_id")]: 3,
        [key("padding_token_id")]: 3,
        [key("eot_token_id")]: 3,
        [key("suppress_tokens")]: [1],
        [key("add_bos_token")]: true,
        [key("add_eos_token")]: true,
        [key("unknown_token_id")]: 0,
        "tokenizer.chat_template": "x",
      });
    const bases = [small(pieces), small(bytes)];
    const places = bases.flatMap((metadata) =>
      [...metadata.keys()].filter((name) => name.startsWith("tokenizer.")).map((name) => ({ metadata, name })),
    );
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...wrong), ({ metadata, name }, value) => {
        try {
          const { stopTokens } = ggufTexts(changed(metadata, { [name]: value }), 6);
          expect(stopTokens.every((id) => Number.isInteger(id))).toBe(true);
        } catch (error) {
          refused += 1;
          expect(String(error)).toMatch(/^(TypeError|RangeError): ggufTexts: tokenizer\.\S+ must .*, got /);
        }
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(500);
  });
});
