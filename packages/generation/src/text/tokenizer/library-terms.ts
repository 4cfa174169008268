/**
 * Rewrites parts of tokenizer.json that the tokenizer library reads in another way than they are meant, in terms that it reads correctly:
 *
 *     Split         Removed: captured text is removed too. MergedWithPrevious, MergedWithNext: split after or before each match.
 *                   Contiguous: split on runs of matches. Isolated and inverted: the same as not inverted
 *     Punctuation   a split on punctuation, with the stated behavior
 *     Digits        a split on digits of any script, alone or in runs; the library knows those of ASCII
 *     Metaspace     splits before each space that it has written, unless `split` is false. An older form says by a flag whether a space is
 *                   written before the text. As a decoder it takes the first space away where one was written
 *     Replace       its content is plain text, in which `$` has no meaning
 */
import { check } from "@ropewalk/check";
import { withoutCaptures } from "./unsafe-regex.ts";
import { isObject, type Fields } from "./part-rules.ts";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The punctuation of ASCII and of Unicode. */
const punctuation = "[!-\\/:-@\\[-`{-~\\p{P}]";

const isolated = (regex: string): Fields => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior: "Isolated",
  invert: false,
});

const split = (part: Fields, at: string): Fields => {
  const { pattern, behavior = "Isolated", invert = false } = part;
  const { String: plain, Regex: regex } = pattern as { readonly String?: string; readonly Regex?: string };
  const source = regex ?? escaped(plain!);
  // The library keeps captured text, and it treats a plain text as captured.
  if (behavior === "Removed") return { ...part, pattern: { Regex: withoutCaptures(source) } };
  if (behavior === "Isolated") return { ...part, invert: false };
  check(!invert, `${at}.invert must be absent or false where the behavior is ${String(behavior)}`, invert);
  if (behavior === "Contiguous") return isolated(`(?:${source})+`);
  check(
    plain !== undefined && [...plain].length === 1,
    `${at}.pattern must be one character where the behavior is ${String(behavior)}`,
    plain ?? regex,
  );
  return isolated(behavior === "MergedWithPrevious" ? `(?<=${source})` : `(?=${source})`);
};

/** The scheme by which Metaspace writes a space before the text. An older form states it by a flag. */
const schemeOf = ({ prepend_scheme: scheme, add_prefix_space: space }: Fields): unknown =>
  scheme ?? (space === false ? "never" : "always");

const metaspace = (part: Fields): Fields => {
  const written = { ...part, prepend_scheme: schemeOf(part) };
  if (part["split"] === false) return written;
  const replacement = (part["replacement"] as string | undefined) ?? "\u2581";
  return { type: "Sequence", pretokenizers: [written, isolated(`(?=${escaped(replacement)})`)] };
};

const replace = (part: Fields): Fields => ({
  ...part,
  content: ((part["content"] as string | undefined) ?? "").replaceAll("$", "$$$$"),
});

type Term = (part: Fields, at: string) => Fields;

const preTokenizerTerms: Readonly<Record<string, Term>> = {
  Split: split,
  Punctuation: ({ behavior = "Isolated" }, at) => split({ ...isolated(punctuation), behavior }, at),
  Digits: ({ individual_digits: alone }) => isolated(alone === true ? "\\p{N}" : "\\p{N}+"),
  Metaspace: metaspace,
  Replace: replace,
};

const decoderTerms: Readonly<Record<string, Term>> = {
  Replace: replace,
  Metaspace: (part) =>
    schemeOf(part) === "never"
      ? { type: "Replace", pattern: { String: part["replacement"] ?? "\u2581" }, content: " " }
      : part,
};

/** The names of lists of parts inside a part. */
const lists = ["normalizers", "pretokenizers", "decoders"];

const inTerms = (terms: Readonly<Record<string, Term>>, part: unknown, at: string): unknown => {
  if (!isObject(part)) return part;
  const type = String(part["type"]);
  if (Object.hasOwn(terms, type)) return terms[type]!(part, at);
  const list = lists.find((name) => Array.isArray(part[name]));
  if (list === undefined) return part;
  const parts = (part[list] as readonly unknown[]).map((one, index) => inTerms(terms, one, `${at}.${list}[${index}]`));
  return { ...part, [list]: parts };
};

/** The checked tokenizer.json with its parts in the library's terms. */
export const partsInTerms = (tokenizer: Fields, at: string): Fields => ({
  ...tokenizer,
  normalizer: inTerms({ Replace: replace }, tokenizer["normalizer"] ?? null, `${at}normalizer`),
  pre_tokenizer: inTerms(preTokenizerTerms, tokenizer["pre_tokenizer"] ?? null, `${at}pre_tokenizer`),
  decoder: inTerms(decoderTerms, tokenizer["decoder"] ?? null, `${at}decoder`),
});
