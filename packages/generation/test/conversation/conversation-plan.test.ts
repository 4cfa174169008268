/** A conversation's ids from turn to turn: what stands is not encoded again, and all of them are those of a cold encode. */
import { byteLevel, forms, type Form } from "@ropewalk/testing/tokenizer-forms";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonLength, laterText } from "../../src/conversation/later-text.ts";
import { answerPiece, idsOf, type Piece } from "../../src/conversation/pieces.ts";
import { planned } from "../../src/conversation/plan-turn.ts";
import { encodeBehind } from "../../src/conversation/encode-behind.ts";
import { chatFormat, textCodec, type ChatMessage, type TextCodec } from "../../src/index.ts";
import { changing, published, withoutTokens } from "../chat-templates.ts";

const borders = [
  ...["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
  ...["[INST]", "[/INST]", "[LAST]", "<|system|>", "<|user|>", "<|assistant|>", "<start_of_turn>", "<end_of_turn>"],
];

type Model = { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly string[] };

/** The form with the templates' borders among its tokens. */
const withBorders = ({ tokenizer, config }: Form): Form => {
  const known = tokenizer["added_tokens"] as readonly { readonly content: string }[];
  const first = 10_000;
  const added = borders
    .filter((content) => !known.some((one) => one.content === content))
    .map((content, index) => ({ id: first + index, content, special: true, normalized: false }));
  return { tokenizer: { ...tokenizer, added_tokens: [...known, ...added] }, config };
};

/** Merges that would run across the borders of lines and words. */
const merging = (form: Form): Form => {
  const model = form.tokenizer["model"] as Model;
  const merges = ["Ċ Ċ", ". Ċ", "t :", "a n", "Ġ a", "a s", "s i", "? Ċ", "Ġ Ġ", "t Ċ", "i Ċ", "ĊĊ Ċ"];
  const made = merges.map((merge) => merge.replace(" ", ""));
  const vocab = { ...model.vocab };
  for (const token of made) vocab[token] ??= 1000 + Object.keys(vocab).length;
  return { ...form, tokenizer: { ...form.tokenizer, model: { ...model, vocab, merges } } };
};

const stories = forms["stories260K, byte fallback"]!;
const gpt = merging(byteLevel);
/** Lines and what stands before them in one word, as newer tokenizers cut. */
const lines: Form = {
  ...gpt,
  tokenizer: {
    ...gpt.tokenizer,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "\\s?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+" },
          behavior: "Isolated",
          invert: false,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
  },
};
const codecs: Readonly<Record<string, TextCodec>> = {
  stories260K: textCodec(withBorders(stories)),
  "Llama 2": textCodec(withBorders(forms["Llama 2: byte fallback, one space cut"]!)),
  metaspace: textCodec(
    withBorders({
      ...forms["metaspace"]!,
      tokenizer: {
        ...forms["metaspace"]!.tokenizer,
        pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false },
      },
    }),
  ),
  "byte-level": textCodec(withBorders(gpt)),
  "byte-level, by lines": textCodec(withBorders(lines)),
};

const said = fc
  .array(fc.constantFrom("a", "as", "Hi", "it's", "it", ".", "?", "\n", "\n\n", " ", "  ", "é", "😀", "12"), {
    minLength: 1,
    maxLength: 8,
  })
  .map((words) => words.join(""));

/** Some of the templates want no space around what is said; a thought is said before some answers. */
const turn = fc.record({
  question: said,
  answer: fc
    .tuple(fc.boolean(), said)
    .map(([thinks, text]) => (thinks ? `<think>\nas it\n</think>\n\n${text.trim()}` : text.trim())),
});
const conversation = fc.record({
  system: fc.option(said, { nil: undefined }),
  turns: fc.array(turn, { minLength: 1, maxLength: 4 }),
});

const names = { bos_token: "<s>", eos_token: "</s>" };

type Seen = {
  readonly before: readonly Piece[];
  readonly pieces: readonly Piece[];
  readonly lasting: number;
  readonly text: string;
  readonly messages: readonly ChatMessage[];
};

type Said = typeof conversation extends fc.Arbitrary<infer Value> ? Value : never;

/** What a chat does, with answers whose ids are given by `answering`. */
const held = (
  codec: TextCodec,
  template: string,
  { system, turns }: Said,
  answering: (text: string, answer: string, later: string) => readonly number[],
): readonly Seen[] => {
  const format = chatFormat(template, names);
  let messages: readonly ChatMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
  let pieces: readonly Piece[] = [];
  return turns.map(({ question, answer }) => {
    messages = [...messages, { role: "user", content: question }];
    const text = format(messages);
    const plan = planned({ codec }, pieces, text, laterText(format, messages));
    const seen: Seen = { before: pieces, ...plan, text, messages };
    messages = [...messages, { role: "assistant", content: answer }];
    const ids = answering(text, answer, format(messages));
    pieces = [...plan.pieces, answerPiece(codec, idsOf(plan.pieces), ids)];
    return seen;
  });
};

const cold = (codec: TextCodec, text: string): readonly number[] => codec.encode(text, { specialTokens: false });

/** The ids of an answer as a cold encode has them where the template writes it, or where there are none by themselves, by itself. */
const canonical =
  (codec: TextCodec) =>
  (text: string, answer: string, later: string): readonly number[] =>
    encodeBehind(codec, text, later.startsWith(`${text} ${answer}`) ? ` ${answer}` : answer) ?? cold(codec, answer);

/** Whether every answer's ids are those that a cold encode has there, and no token of it would stand across the answer's end. */
const isCanonical = (codec: TextCodec, pieces: readonly Piece[], text: string, whole: readonly number[]): boolean => {
  let [at, count] = [0, 0];
  return pieces.every((piece) => {
    const words = (piece.kind === "text" ? [piece.text] : piece.texts).find((each) => text.startsWith(each, at))!;
    at += words.length;
    count += piece.ids.length;
    return (
      piece.kind === "text" ||
      (commonLength(cold(codec, text.slice(0, at)), whole) === count &&
        idsOf(pieces).slice(0, count).join() === whole.slice(0, count).join())
    );
  });
};

const marked = Object.fromEntries(["ChatML", "Llama 2", "Llama 3.1"].map((name) => [name, published[name]!] as const));

describe("where a template's borders are special tokens, the ids are those of a cold encode", () => {
  it.each(Object.entries({ ...marked, ...changing }))("%s", (_, template) => {
    let checked = 0;
    const check = (codec: TextCodec, given: Said): void => {
      const seen = held(codec, template, given, canonical(codec));
      const turns = seen.map((each) => ({ ...each, whole: cold(codec, each.text) }));
      turns.forEach(({ pieces, text, whole, lasting }, index) => {
        if (!isCanonical(codec, pieces, text, whole)) return;
        checked += index;
        expect(idsOf(pieces)).toEqual(whole);
        // What is to stand in the next turn does.
        const next = turns[index + 1];
        if (next !== undefined && isCanonical(codec, next.pieces, next.text, next.whole))
          expect(commonLength(whole, next.whole)).toBeGreaterThanOrEqual(lasting);
      });
    };
    for (const codec of Object.values(codecs))
      fc.assert(
        fc.property(conversation, (given) => check(codec, given)),
        { numRuns: 4 },
      );
    expect(checked).toBeGreaterThan(10);
  });
});

describe("with any template nothing that stands is encoded anew, and ids may differ from a cold encode's at an answer alone", () => {
  it.each(Object.entries({ ...published, ...changing, ...withoutTokens }))("%s", (_, template) => {
    const check = (codec: TextCodec, given: Said): void => {
      for (const { before, pieces, text } of held(codec, template, given, canonical(codec))) {
        const stays = pieces.filter((piece) => before.includes(piece));
        expect(pieces.slice(0, stays.length)).toEqual(stays);
        const whole = cold(codec, text);
        if (isCanonical(codec, pieces, text, whole)) expect(idsOf(pieces)).toEqual(whole);
      }
    };
    for (const name of ["stories260K", "byte-level, by lines"])
      fc.assert(
        fc.property(conversation, (given) => check(codecs[name]!, given)),
        { numRuns: 3 },
      );
  });
});
