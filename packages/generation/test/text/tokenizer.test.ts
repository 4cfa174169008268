/**
 * Tokenizers as the two files say, and files that lie.
 * Longer than 400 lines: a row for each statement of the two files, and for each that is refused.
 */
import { byteLevel, forms, type Form } from "@ropewalk/testing/tokenizer-forms";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { textCodec } from "../../src/index.ts";
import { startLimits } from "../within-limits.ts";

const controls = [
  { id: 0, content: "<s>", special: true },
  { id: 1, content: "</s>", special: true },
];
const plain = {
  added_tokens: controls,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
  post_processor: { type: "ByteLevel" },
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab: { "<s>": 0, "</s>": 1, it: 2, i: 3, t: 4, Ġ: 5, "[X]": 6 }, merges: ["i t"] },
};
const names = { bos_token: "<s>", eos_token: { content: "</s>" } };
const encode = (config: object, tokenizer: object = plain, text = "it"): readonly number[] =>
  textCodec({ tokenizer, config: { ...names, ...config } }).encode(text);

describe("bos and eos", () => {
  const llama = { tokenizer_class: "LlamaTokenizerFast" };

  it.each([
    [{ add_bos_token: true, add_eos_token: false }, [0, 2]],
    [{ add_bos_token: false }, [2]],
    [{ add_bos_token: true, add_eos_token: true }, [0, 2, 1]],
    [{ add_bos_token: false, add_eos_token: true }, [2, 1]],
    [{ add_eos_token: true }, [0, 2, 1]],
    [{}, [0, 2]],
  ])("of Llama's classes are as the config says: %j", (flags, ids) => {
    for (const tokenizer_class of ["LlamaTokenizerFast", "LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizerFast"])
      expect(encode({ tokenizer_class, ...flags })).toEqual(ids);
  });

  const writes = (...single: readonly object[]) => ({
    ...plain,
    post_processor: {
      type: "TemplateProcessing",
      single: [...single, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
    },
  });
  const bos = { SpecialToken: { id: "<s>", type_id: 0 } };

  it("of Llama's classes are not what the post-processor writes", () => {
    expect(encode({ ...llama, add_bos_token: false }, writes(bos))).toEqual([2]);
    expect(encode({ ...llama, add_bos_token: true }, writes(bos, bos))).toEqual([0, 2]);
  });

  it("of other classes are what the post-processor writes", () => {
    for (const flags of [{}, { add_bos_token: false }, { add_bos_token: true, tokenizer_class: "GPT2Tokenizer" }]) {
      expect(encode(flags, writes(bos))).toEqual([0, 2]);
      expect(encode(flags)).toEqual([2]);
    }
  });

  it("must be tokens", () => {
    expect(() => encode({ ...llama, add_eos_token: true, eos_token: "<end>" })).toThrow(
      new RangeError(
        "textCodec: tokenizer_config.json: add_eos_token must be false where the tokenizer has no <end>, got true",
      ),
    );
    expect(() => encode({ add_bos_token: "yes" })).toThrow(
      new TypeError('textCodec: tokenizer_config.json: add_bos_token must be true or false, got "yes"'),
    );
    // A class that writes it unless it is told otherwise, and a vocabulary without it.
    expect(encode({ ...llama, bos_token: "<begin>" })).toEqual([2]);
  });
});

describe("what else tokenizer_config.json says", () => {
  it("is whether a space stands before the text", () => {
    expect(encode({ add_prefix_space: true })).toEqual([5, 2]);
    expect(
      encode({ add_prefix_space: false }, { ...plain, pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } }),
    ).toEqual([2]);
    const metaspace = (flags: object) => ({
      ...plain,
      pre_tokenizer: { type: "Metaspace", replacement: "Ġ", ...flags },
    });
    // Its older form says it by a flag.
    expect(encode({}, metaspace({ add_prefix_space: false }))).toEqual([2]);
    expect(encode({}, metaspace({ add_prefix_space: true }))).toEqual([5, 2]);
    expect(encode({ add_prefix_space: false }, metaspace({ add_prefix_space: true }))).toEqual([2]);
  });

  it("is which tokens are added, and how", () => {
    const added = { added_tokens_decoder: { 6: { content: "[X]", special: true, rstrip: true } } };
    expect(encode({}, plain, "[X] it")).not.toContain(6);
    expect(encode(added, plain, "[X] it")).toEqual([6, 2]);
    expect(textCodec({ tokenizer: plain, config: added }).decode([6, 2])).toBe("it");
    expect(() => encode({ added_tokens_decoder: { 9: { content: "[X]" } } })).toThrow(
      'textCodec: tokenizer_config.json: added_tokens_decoder.9 must be 6, the id of [X] in tokenizer.json, got "9"',
    );
  });

  it.each([
    ["additional_special_tokens", ["[X]"]],
    ["extra_special_tokens", { image: "[X]" }],
    ["mask_token", "[X]"],
  ])("is which tokens are special: %s", (key, value) => {
    const codec = textCodec({ tokenizer: plain, config: { [key]: value } });
    expect(codec.encode("it[X]it")).toEqual([2, 6, 2]);
    expect(codec.decode([2, 6, 2])).toBe("itit");
  });

  it("is refused where special tokens would be ordinary text", () => {
    expect(() => encode({ split_special_tokens: true })).toThrow(
      new RangeError("textCodec: tokenizer_config.json: split_special_tokens must be absent or false, got true"),
    );
  });
});

describe("what tokenizer.json says", () => {
  /** Which pieces a pre-tokenizer makes: each of them is a token of its own. */
  const pieces = (part: object, text: string): readonly string[] => {
    const known: string[] = [];
    const vocab = new Proxy({} as Record<string, number>, {});
    const letters = [...new Set([...text, "\u2581"])];
    const all = letters.flatMap((a) => [a, ...letters.flatMap((b) => [a + b, ...letters.map((c) => a + b + c)])]);
    for (const piece of all) vocab[piece] = known.push(piece) - 1;
    const model = { type: "WordLevel", vocab: { ...vocab, "[?]": known.length }, unk_token: "[?]" };
    const codec = textCodec({ tokenizer: { added_tokens: [], pre_tokenizer: part, model }, config: {} });
    return codec.encode(text).map((id) => known[id] ?? "[?]");
  };
  const on = (pattern: object, behavior: string, invert = false) => ({ type: "Split", pattern, behavior, invert });
  const dash = { String: "-" };

  // As Hugging Face's tokenizers documents them, on "the-final--countdown".
  it.each([
    [on(dash, "Removed"), ["a", "b", "c"]],
    [on(dash, "Isolated"), ["a", "-", "b", "-", "-", "c"]],
    [on(dash, "MergedWithPrevious"), ["a-", "b-", "-", "c"]],
    [on(dash, "MergedWithNext"), ["a", "-b", "-", "-c"]],
    [on(dash, "Contiguous"), ["a", "-", "b", "--", "c"]],
    [on({ Regex: "[a-z]+" }, "Isolated", true), ["a", "-", "b", "--", "c"]],
    [on({ Regex: "(-)|(x[(])|\\(" }, "Removed"), ["a", "b", "c"]],
    [on({ Regex: "[a-z]+" }, "Removed", true), ["a", "b", "c"]],
    [{ type: "Punctuation" }, ["a", "-", "b", "-", "-", "c"]],
    [{ type: "Punctuation", behavior: "Contiguous" }, ["a", "-", "b", "--", "c"]],
    [{ type: "Punctuation", behavior: "Removed" }, ["a", "b", "c"]],
    [{ type: "Sequence", pretokenizers: [on(dash, "MergedWithNext")] }, ["a", "-b", "-", "-c"]],
  ])("splits as it says: %j", (part, expected) => {
    expect(pieces(part, "a-b--c")).toEqual(expected);
  });

  it("splits on digits of any script", () => {
    const digits = (individual_digits: boolean) => ({ type: "Digits", individual_digits });
    expect(pieces(digits(true), "a12\u0663\u00bd")).toEqual(["a", "1", "2", "\u0663", "\u00bd"]);
    expect(pieces(digits(false), "a1\u0663b")).toEqual(["a", "1\u0663", "b"]);
    expect(pieces({ type: "Digits" }, "a12")).toEqual(["a", "12"]);
  });

  it("splits before the spaces that it writes, unless it says otherwise", () => {
    const metaspace = (more: object) => ({
      type: "Metaspace",
      replacement: "\u2581",
      prepend_scheme: "never",
      ...more,
    });
    expect(pieces(metaspace({}), "a b")).toEqual(["a", "\u2581b"]);
    expect(pieces(metaspace({ split: true }), "a b")).toEqual(["a", "\u2581b"]);
    expect(pieces(metaspace({ split: false }), "a b")).toEqual(["a\u2581b"]);
  });

  it.each([
    [
      on({ Regex: "-+" }, "MergedWithNext"),
      'pre_tokenizer.pattern must be one character where the behavior is MergedWithNext, got "-+"',
    ],
    [
      on(dash, "Contiguous", true),
      "pre_tokenizer.invert must be absent or false where the behavior is Contiguous, got true",
    ],
    [
      on({ Regex: "a|b+" }, "Contiguous"),
      "pre_tokenizer.pattern.Regex must be a pattern that repeats no group which repeats or chooses",
    ],
  ])("is refused where it cannot be done so: %j", (part, message) => {
    expect(() => encode({}, { ...plain, pre_tokenizer: part })).toThrow(`textCodec: tokenizer.json: ${message}`);
  });

  it("is what stands there, dollars too, and whether a first space was written", () => {
    const vocab = { $: 0, "\u2581a": 1, a: 2 };
    const of = (parts: object) =>
      textCodec({ tokenizer: { added_tokens: [], model: { type: "BPE", vocab, merges: [] }, ...parts }, config: {} });
    const dollars = { type: "Replace", pattern: { String: "x" }, content: "$$&" };
    expect(of({ normalizer: dollars }).encode("x")).toEqual([0, 0]);
    expect(of({ normalizer: { type: "Sequence", normalizers: [dollars] } }).encode("x")).toEqual([0, 0]);
    for (const [more, text] of [
      [{}, "a"],
      [{ prepend_scheme: "first" }, "a"],
      [{ prepend_scheme: "never" }, " a"],
      [{ add_prefix_space: false }, " a"],
    ] as const)
      expect(of({ decoder: { type: "Metaspace", replacement: "\u2581", ...more } }).decode([1])).toBe(text);
    expect(() => encode({}, { ...plain, model: { ...plain.model, dropout: 0.1 } })).toThrow(
      "textCodec: tokenizer.json: model.dropout must be absent or 0, for ids that are the same each time, got 0.1",
    );
  });
});

describe("ids and text", () => {
  it("leave out ids that have no token", () => {
    const codec = textCodec({ tokenizer: plain, config: {} });
    expect(codec.decode([2, 999, 2])).toBe("itit");
    expect(codec.decode([999])).toBe("");
  });

  it("stand for unknown words where the vocabulary has a token for them, and else are refused", () => {
    const words = { added_tokens: [], model: { type: "WordLevel", vocab: { a: 0, "?": 1 }, unk_token: "?" } };
    const codec = textCodec({ tokenizer: { ...words, pre_tokenizer: { type: "Whitespace" } }, config: {} });
    expect(codec.encode("a b")).toEqual([0, 1]);
    const none = { ...words, model: { type: "WordLevel", vocab: { a: 0 } } };
    expect(() => textCodec({ tokenizer: none, config: {} }).encode("b")).toThrow(
      new RangeError('encode: text must be of the tokenizer\'s tokens, of which none stands for unknown ones, got "b"'),
    );
  });

  it("are text and ids", () => {
    expect(() => encode({}, plain, undefined as never)).not.toThrow();
    const codec = textCodec({ tokenizer: plain, config: {} });
    expect(() => codec.encode(7 as never)).toThrow(new TypeError("encode: text must be text, got 7"));
  });
});

/** What an error of a file says: who, which file, where in it, the rule, and what it got. */
const named = /^(TypeError|RangeError): (textCodec: tokenizer(_config)?\.json.* (must|got)|encode: text must) .*, got /;
/** What engines and libraries say. */
const engine =
  /Cannot read|is not a function|is not iterable|undefined \(|Unexpected token|Maximum call stack|Invalid (array|string) length|Unknown \w+ type/;

describe("files that lie", () => {
  const limits = startLimits();
  afterAll(() => limits.stop());
  const run = (tokenizer: object, text = "it is aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa   \n", config: object = {}) =>
    limits.run({ kind: "tokenizer", tokenizer: JSON.stringify(tokenizer), config: JSON.stringify(config), text });

  const nested = (depth: number, key: string): object =>
    depth === 0 ? { type: "Sequence", [key]: [] } : { type: "Sequence", [key]: [nested(depth - 1, key)] };
  const wide = (depth: number, key: string): object => ({
    type: "Sequence",
    [key]: depth === 0 ? [] : Array.from({ length: 8 }, () => wide(depth - 1, key)),
  });
  const doubling = Array.from({ length: 40 }, () => ({ type: "Replace", pattern: { String: "a" }, content: "aa" }));
  const split = (Regex: string) => ({
    ...plain,
    pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated" },
  });
  const single = (...pieces: readonly object[]) => ({
    ...plain,
    post_processor: { type: "TemplateProcessing", single: pieces, pair: [] },
  });
  const text = { Sequence: { id: "A", type_id: 0 } };
  const bpe = (changed: object) => ({ ...plain, model: { ...plain.model, ...changed } });
  const many = (count: number, token: (index: number) => string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [token(index), index]));

  const hostile: Readonly<Record<string, object>> = {
    "a normalizer 1,000 deep": { ...plain, normalizer: nested(1000, "normalizers") },
    "normalizers in a tree of 8^5": { ...plain, normalizer: wide(5, "normalizers") },
    "normalizers that double 40 times": { ...plain, normalizer: { type: "Sequence", normalizers: doubling } },
    "a normalizer that writes a megabyte a letter": {
      ...plain,
      normalizer: { type: "Replace", pattern: { Regex: "." }, content: "x".repeat(1 << 20) },
    },
    "a normalizer that writes between letters": {
      ...plain,
      normalizer: {
        type: "Sequence",
        normalizers: Array.from({ length: 30 }, () => ({ type: "Replace", pattern: { String: "" }, content: "b" })),
      },
    },
    "a prefix of a megabyte": { ...plain, normalizer: { type: "Prepend", prepend: "x".repeat(1 << 20) } },
    "pieces of length 0": { ...plain, pre_tokenizer: { type: "FixedLength", length: 0 } },
    "pieces of length -1": { ...plain, pre_tokenizer: { type: "FixedLength", length: -1 } },
    "pieces of no length": { ...plain, pre_tokenizer: { type: "FixedLength" } },
    "pieces of length 1e-9": { ...plain, pre_tokenizer: { type: "FixedLength", length: 1e-9 } },
    "pre-tokenizers 1,000 deep": { ...plain, pre_tokenizer: nested(1000, "pretokenizers") },
    "pre-tokenizers that double": {
      ...plain,
      pre_tokenizer: { type: "Sequence", pretokenizers: doubling },
    },
    "a pattern that repeats a repeat": split("(a+)+b"),
    "a pattern that repeats a choice": split("(a|aa)*b"),
    "a pattern that repeats an option": split("(?:a?){40}a{40}b"),
    "a pattern of 40 options": split(`${"a?".repeat(40)}${"a".repeat(40)}b`),
    "a pattern of 40 choices": split(`${"(a|aa)".repeat(40)}b`),
    "a pattern that repeats a choice in a choice": split("((?:a|a)|b)+c"),
    "a pattern of ten repeats in a row": split("a*a*a*a*a*a*a*a*a*a*b"),
    "a pattern of a range in a repeat": split("(?:a{1,9}){1,9}b"),
    "a pattern of 10,000 groups in groups": split(`${"(".repeat(10_000)}${")".repeat(10_000)}`),
    "a pattern that is none": split("(a"),
    "a token written 100,000 times": single(
      ...Array.from({ length: 100_000 }, () => ({ SpecialToken: { id: "<s>" } })),
      text,
    ),
    "the text written 1,000 times": single(...Array.from({ length: 1000 }, () => text)),
    "the text written twice": single(text, text),
    "a token written that is none": single({ SpecialToken: { id: "<begin>" } }, text),
    "post-processors 1,000 deep": { ...plain, post_processor: nested(1000, "processors") },
    "decoders that double": { ...plain, decoder: { type: "Sequence", decoders: doubling } },
    "an id of 4 billion": bpe({ vocab: { ...plain.model.vocab, x: 4_000_000_000 } }),
    "an id of -1": bpe({ vocab: { ...plain.model.vocab, x: -1 } }),
    "an added id of 1e15": { ...plain, added_tokens: [...controls, { id: 1e15, content: "x" }] },
    "an added token of 8 million letters": { ...plain, added_tokens: [{ id: 7, content: "x".repeat(8_000_000) }] },
    "a token of 8 million letters": bpe({ vocab: { ["x".repeat(8_000_000)]: 0 }, merges: [] }),
    "scored tokens of 12 million letters": {
      ...plain,
      model: {
        type: "Unigram",
        unk_id: 0,
        vocab: Array.from({ length: 3000 }, (_, index) => [String.fromCodePoint(0x4e00 + index).repeat(4000), 0]),
      },
    },
    "scored tokens that are not": { ...plain, model: { type: "Unigram", unk_id: 0, vocab: [["a"], null] } },
    "an empty list of scored tokens": { ...plain, model: { type: "Unigram", unk_id: 0, vocab: [] } },
    "merges of tokens that are not there": bpe({ merges: ["i t", "it t"] }),
    "merges in two forms": bpe({ merges: ["i t", ["i", "t"]] }),
    "merges that are not": bpe({ merges: 7 }),
    "a prefix of later pieces, which nobody writes": bpe({ continuing_subword_prefix: "##" }),
  };

  it.each(Object.entries(hostile))("end soon, and say where and what: %s", async (_, tokenizer) => {
    expect(await run(tokenizer)).toMatch(named);
  });

  it.each([
    [
      "100,000 tokens",
      () => {
        const vocab = many(100_000, (index) => index.toString(36));
        return {
          ...plain,
          added_tokens: [],
          model: { type: "BPE", vocab: { ...vocab, zz: 0 }, merges: [], unk_token: "a" },
        };
      },
    ],
    [
      "100,000 added tokens",
      () => ({
        ...plain,
        added_tokens: Array.from({ length: 100_000 }, (_, id) => ({ id, content: `<${id}>` })),
      }),
    ],
    ["three repeats in a row", () => split("a*a*a*b")],
  ] as const)(
    "may be large: %s",
    async (_, tokenizer) => {
      expect(await run(tokenizer())).toMatch(/^ok/);
    },
    30_000,
  );

  /** Places in a JSON value, by their keys. */
  const placesOf = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
    typeof value === "object" && value !== null
      ? [
          path,
          ...Object.entries(value)
            .slice(0, 12)
            .flatMap(([key, inner]) => placesOf(inner, [...path, key])),
        ]
      : [path];
  const changed = (value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown => {
    if (key === undefined) return to;
    const copy = (Array.isArray(value) ? [...(value as readonly unknown[])] : { ...(value as object) }) as Record<
      string,
      unknown
    >;
    if (to === undefined && rest.length === 0) delete copy[key];
    else copy[key] = changed(copy[key], rest, to);
    return copy;
  };
  const wrong = [
    undefined,
    null,
    true,
    false,
    -1,
    0,
    0.5,
    1e9,
    1e300,
    "",
    "x",
    "(",
    "\uD800",
    [],
    [null],
    [[]],
    {},
    { type: "x" },
  ];

  it("say where and what, wherever one value is another's", () => {
    const base: Form = {
      tokenizer: {
        ...byteLevel.tokenizer,
        normalizer: {
          type: "Sequence",
          normalizers: [{ type: "Replace", pattern: { Regex: "a+" }, content: "a" }, { type: "NFC" }],
        },
        post_processor: { type: "Sequence", processors: [single(text).post_processor, { type: "ByteLevel" }] },
      },
      config: { ...names, ...byteLevel.config, bos_token: "<|end|>", eos_token: "<|end|>", added_tokens_decoder: {} },
    };
    const cases = [base, ...Object.values(forms)].flatMap((form) =>
      placesOf(form).flatMap((path) => (path.length === 0 ? [] : wrong.map((to) => ({ form, path, to })))),
    );
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...cases), ({ form, path, to }) => {
        const { tokenizer, config } = changed(form, path, to) as Form;
        try {
          const codec = textCodec({ tokenizer, config });
          const ids = codec.encode("it's a caf\u00e9\n");
          expect(ids.every((id) => Number.isInteger(id))).toBe(true);
          codec.decode(ids);
        } catch (error) {
          refused += 1;
          expect(String(error)).toMatch(named);
          expect(String(error)).not.toMatch(engine);
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(500);
  });
});
