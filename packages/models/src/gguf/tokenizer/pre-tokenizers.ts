/**
 * How a byte-level tokenizer cuts a text into words, before it merges the bytes of each, by the name in `tokenizer.ggml.pre`. The patterns
 * of a row cut one after another: each cuts the pieces that those before it left, and a match is a piece, as what lies between matches is.
 *
 * The patterns are those of the tokenizers that the names stand for.
 */
import { check } from "@ropewalk/check";
import { textAt, type FileMetadata } from "./metadata-values.ts";

export type WordRules = {
  readonly patterns: readonly string[];
  /** Whether a word that is a token is that token, whatever the merges make of it. Default false. */
  readonly wholeWords?: boolean;
  /** Whether a text begins with BOS where the file does not say. Default false. */
  readonly addBos?: boolean;
};

const spaces = "\\s+(?!\\S)|\\s+";
const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|${spaces}`;

const contraction = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
/** What may stand before a word and belong to it: one character that is no letter, no digit and no line break. */
const lead = "[^\\r\\n\\p{L}\\p{N}]?";
/** Signs with the line breaks behind them, line breaks, and spaces. */
const others = `\\s*[\\r\\n]+|${spaces}`;

/** @param digits - how many digits are one piece, as a quantifier */
const llama3 = (digits: string): string =>
  `${contraction}|${lead}\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${others}`;

const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

/** Words are cut where lower case goes over into upper case. @param ending - what may end a word */
const byCase = (ending: string, digits: string): string =>
  `${lead}${upper}*${lower}+${ending}|${lead}${upper}+${lower}*${ending}|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${others}`;

const rows: readonly (readonly [names: string, rules: WordRules])[] = [
  ["gpt-2 phi-2 mpt olmo jais trillion gigachat exaone4 mellum a.x-4.0 granite-docling", { patterns: [gpt2] }],
  ["smollm starcoder refact command-r codeshell exaone minerva-7b mellum2", { patterns: ["\\p{N}", gpt2] }],
  [
    "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral lfm2 midm-2.0",
    { patterns: [llama3("{1,3}")], wholeWords: true, addBos: true },
  ],
  ["smaug-bpe dbrx", { patterns: [llama3("{1,3}")] }],
  ["qwen2 deepseek-r1-qwen stablelm2 megrez hunyuan solar-open kormo", { patterns: [llama3("")] }],
  ["tekken", { patterns: [byCase("", "")], wholeWords: true, addBos: true }],
  ["gpt-4o llama4 kanana2", { patterns: [byCase(`(?:${contraction})?`, "{1,3}")] }],
  [
    "deepseek-coder",
    {
      patterns: [
        "[\\r\\n]",
        "\\s?\\p{L}+",
        "\\s?\\p{P}+",
        "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+",
        "\\p{N}",
      ],
    },
  ],
  ["falcon", { patterns: ["[\\p{P}$+<=>^~|`]+", gpt2, "[0-9][0-9][0-9]"] }],
  ["default", { patterns: ["[\\p{P}$+<=>^~|]+", gpt2, "\\p{N}+", "[0-9][0-9][0-9]"] }],
];

const byName: ReadonlyMap<string, WordRules> = new Map(
  rows.flatMap(([names, rules]) => names.split(" ").map((name) => [name, rules] as const)),
);

/** The names that `tokenizer.ggml.pre` may have. */
const preTokenizerNames: readonly string[] = [...byName.keys()];

/** Old files do not name it. These architectures have only one. */
const ofArchitecture: ReadonlyMap<unknown, string> = new Map([
  ["phi2", "phi-2"],
  ["qwen2", "qwen2"],
  ["qwen3", "qwen2"],
]);

/** @throws RangeError where the name is not known, or where the file names none and its architecture does not decide */
export const readWordRules = (metadata: FileMetadata): WordRules => {
  const name =
    textAt(metadata, "tokenizer.ggml.pre") ?? ofArchitecture.get(metadata.values.get("general.architecture"));
  const rules = name === undefined ? undefined : byName.get(name);
  check(rules !== undefined, `${metadata.at}: tokenizer.ggml.pre must be one of ${preTokenizerNames.join(", ")}`, name);
  return rules;
};
