/** Checks the parts of tokenizer.json around the model: normalizer, pre-tokenizer, post-processor and decoder, with a table for each. */
import { check } from "@ropewalk/check";
import {
  anObject,
  fields,
  flag,
  integer,
  list,
  oneOf,
  optional,
  pattern,
  shortText,
  type Fields,
  type Rule,
} from "./part-rules.ts";

/** How many parts of one kind there may be, nested ones included. Published tokenizers have up to ten. */
const mostParts = 64;
/** How many times longer all replacements of a part together may make a text. */
const mostGrowth = 256;

type Part = { readonly rule?: Rule; readonly parts?: string; readonly growth?: (part: Fields) => number };

/** A character that stands for a space. */
const replacement: Rule = (value, at) => {
  shortText(value, at);
  check([...(value as string)].length === 1, `${at} must be one character`, value);
};

/** How many times longer a replacement makes a text, at most. A pattern may match one character, or the place between two. */
const replaced = ({ pattern: matched, content }: Fields): number => {
  const { String: plain } = matched as Fields;
  const added = (content as string | undefined)?.length ?? 0;
  return typeof plain === "string" && plain !== "" ? Math.max(1, added / plain.length) : 1 + added;
};

const replace: Part = { rule: fields({ pattern, content: optional(shortText) }), growth: replaced };
const flags = (...names: readonly string[]): Part => ({
  rule: fields(Object.fromEntries(names.map((name) => [name, optional(flag)]))),
});

const normalizers: Readonly<Record<string, Part>> = {
  BertNormalizer: flags("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"),
  Precompiled: {},
  Sequence: { parts: "normalizers" },
  Replace: replace,
  NFC: {},
  NFD: {},
  NFKC: {},
  NFKD: {},
  Strip: flags("strip_left", "strip_right"),
  StripAccents: {},
  Lowercase: {},
  Prepend: { rule: fields({ prepend: shortText }) },
};

const behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

const preTokenizers: Readonly<Record<string, Part>> = {
  BertPreTokenizer: {},
  Sequence: { parts: "pretokenizers" },
  Whitespace: {},
  WhitespaceSplit: {},
  Metaspace: {
    rule: fields({
      replacement: optional(replacement),
      prepend_scheme: optional(oneOf("always", "first", "never")),
      add_prefix_space: optional(flag),
      split: optional(flag),
    }),
  },
  ByteLevel: flags("add_prefix_space", "trim_offsets", "use_regex"),
  Split: { rule: fields({ pattern, behavior: optional(oneOf(...behaviors)), invert: optional(flag) }) },
  Punctuation: { rule: fields({ behavior: optional(oneOf(...behaviors)) }) },
  Digits: flags("individual_digits"),
  Replace: replace,
  FixedLength: { rule: fields({ length: integer(1, 1 << 20) }) },
};

/** A special token as its text and its id. */
const pair: Rule = (value, at) => {
  check(Array.isArray(value) && value.length === 2, `${at} must be a token's text and id`, value, "object");
  shortText(value[0], `${at}[0]`);
};

const piece: Rule = (value, at) => {
  anObject(value, at);
  check("SpecialToken" in value || "Sequence" in value, `${at} must have SpecialToken or Sequence`, value);
  if ("SpecialToken" in value) return fields({ id: shortText })(value["SpecialToken"], `${at}.SpecialToken`);
  fields({ id: oneOf("A", "B") })(value["Sequence"], `${at}.Sequence`);
};

/** A template that has the text once, and special tokens around it. */
const single: Rule = (value, at) => {
  list(piece, mostParts)(value, at);
  const texts = (value as readonly Fields[]).filter((one) => (one["Sequence"] as Fields | undefined)?.["id"] === "A");
  check(texts.length === 1, `${at} must have the text, Sequence A, once`, texts.length);
};

const postProcessors: Readonly<Record<string, Part>> = {
  TemplateProcessing: { rule: fields({ single, pair: optional(list(piece, mostParts)) }) },
  ByteLevel: {},
  BertProcessing: { rule: fields({ sep: pair, cls: pair }) },
  RobertaProcessing: { rule: fields({ sep: pair, cls: pair }) },
  Sequence: { parts: "processors" },
};

const decoders: Readonly<Record<string, Part>> = {
  ByteLevel: {},
  WordPiece: { rule: fields({ prefix: optional(shortText), cleanup: optional(flag) }) },
  Metaspace: {
    rule: fields({
      replacement: optional(replacement),
      prepend_scheme: optional(oneOf("always", "first", "never")),
      add_prefix_space: optional(flag),
    }),
  },
  BPEDecoder: { rule: fields({ suffix: optional(shortText) }) },
  CTC: {
    rule: fields({
      pad_token: optional(shortText),
      word_delimiter_token: optional(shortText),
      cleanup: optional(flag),
    }),
  },
  Sequence: { parts: "decoders" },
  Replace: replace,
  Fuse: {},
  Strip: {
    rule: fields({ content: optional(shortText), start: optional(integer(0, 256)), stop: optional(integer(0, 256)) }),
  },
  ByteFallback: {},
};

/** How many parts may still come, and how many times longer they may make a text. */
type Room = { parts: number; growth: number };

const checkPart = (
  known: Readonly<Record<string, Part>>,
  value: unknown,
  at: string,
  top: string,
  room: Room,
): void => {
  anObject(value, at);
  const { type } = value;
  const names = Object.keys(known);
  check(
    typeof type === "string" && names.includes(type),
    `${at}.type must be one of ${names.join(", ")}`,
    type,
    "string",
  );
  const { rule, parts, growth } = known[type]!;
  room.parts -= 1;
  check(room.parts >= 0, `${top} must have at most ${mostParts} parts`, `more at ${at}`);
  rule?.(value, at);
  room.growth /= growth?.(value) ?? 1;
  check(room.growth >= 1, `${top} must make a text at most ${mostGrowth} times longer`, `more at ${at}`);
  if (parts === undefined) return;
  list(() => {}, mostParts)(value[parts], `${at}.${parts}`);
  for (const [index, one] of (value[parts] as readonly unknown[]).entries())
    checkPart(known, one, `${at}.${parts}[${index}]`, top, room);
};

const kinds = {
  normalizer: normalizers,
  pre_tokenizer: preTokenizers,
  post_processor: postProcessors,
  decoder: decoders,
};

/**
 * Checks the four parts around a tokenizer's model.
 *
 * @throws TypeError and RangeError that name the file, the place, the rule and the value
 */
export const checkParts = (tokenizer: Fields, at: string): void => {
  for (const [key, known] of Object.entries(kinds)) {
    const value = tokenizer[key];
    const place = `${at}${key}`;
    if (value !== undefined && value !== null)
      checkPart(known, value, place, place, { parts: mostParts, growth: mostGrowth });
  }
};
