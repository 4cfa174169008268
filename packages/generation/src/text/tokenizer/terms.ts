/**
 * What tokenizer.json says and the library reads otherwise, in terms that it reads as they are meant:
 *
 *     Split       removed: what is captured as well; merged with the previous or the next piece: split behind or before each match;
 *                 contiguous: on runs of matches; inverted and isolated: what it is without being inverted
 *     Punctuation a split on punctuation, as its behavior says
 *     Metaspace   split before each space that it has written, unless `split` is false; an older form says by a flag whether one is
 *                 written before the text. As a decoder it takes the first space away where one was written
 *     Replace     its content is text, in which `$` means nothing
 */
import { check } from "@ropewalk/check";
import { withoutCaptures } from "./regex.ts";
import { isObject, type Fields } from "./rules.ts";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** ASCII's, and Unicode's. */
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
  // What is captured would be kept, and all of a plain text is.
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

/** Whether Metaspace writes a space before the text; an older form says it by a flag. */
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

/** Parts that stand in a part, by these names. */
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

/** The parts of a checked tokenizer.json in the library's terms. */
export const partsInTerms = (tokenizer: Fields, at: string): Fields => ({
  ...tokenizer,
  normalizer: inTerms({ Replace: replace }, tokenizer["normalizer"] ?? null, `${at}normalizer`),
  pre_tokenizer: inTerms(preTokenizerTerms, tokenizer["pre_tokenizer"] ?? null, `${at}pre_tokenizer`),
  decoder: inTerms(decoderTerms, tokenizer["decoder"] ?? null, `${at}decoder`),
});
