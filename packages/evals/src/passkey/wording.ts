/**
 * The passkey task: a random key hidden in filler text, asked for at the end. Mohtashami and Jaggi, arXiv 2305.16300.
 *
 * A wording says how filler sentences are made, how the key is stated, and how it is asked for.
 */
import { check, checkInteger, checkKeys, checkList, optional, type Rule } from "@ropewalk/check";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export type Random = ReturnType<typeof xoroshiro128plus>;

export type PasskeyWording = {
  /** The opening stands before everything else, the separator between sentences. */
  readonly opening: string;
  readonly separator: string;
  readonly sentence: (random: Random) => string;
  readonly key: (random: Random) => string;
  readonly needle: (key: string) => string;
  /** Follows the text directly, without a separator. */
  readonly question: string;
  /** The right answer, which follows the question. */
  readonly answer: (key: string) => string;
  /** For several keys in a text, of which one is asked for: each key is for a name, which replaces {name} in needle and question. */
  readonly names?: { readonly all: readonly string[]; readonly keys: number };
};

const pick = <T>(random: Random, choices: readonly T[]): T => choices[uniformInt(random, 0, choices.length - 1)]!;

/** The default number of digits of a key. */
const usualDigits = 5;

const digitsOf = (count: number, random: Random, separator: string): string =>
  Array.from({ length: count }, () => uniformInt(random, 0, 9)).join(separator);

/** The English wording of LongLM's passkey files, arXiv 2401.01325. */
export const englishPasskey: PasskeyWording = {
  opening:
    "There is an important info hidden inside a lot of irrelevant text. Find it and memorize it. " +
    "I will quiz you about the important information there.",
  separator: "\n",
  sentence: () => "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.",
  key: (random) => digitsOf(usualDigits, random, ""),
  needle: (key) => `The pass key is ${key}. Remember it. ${key} is the pass key.`,
  question: "What is the pass key? The pass key is ",
  answer: (key) => key,
};

export type KeyLength = {
  /** Of a key. Default 5. */
  readonly digits?: number;
};

const mostDigits = 64;

/** The same wording with keys of so many digits. */
export const withDigits = (wording: PasskeyWording, { digits = usualDigits }: KeyLength): PasskeyWording => {
  checkInteger("withDigits", "digits", digits, 1, mostDigits);
  return { ...wording, key: (random) => digitsOf(digits, random, "") };
};

/** A template for a wording of your own. */
export type PasskeyTemplate = {
  /** Text before everything else. Absent: nothing. */
  readonly opening?: string;
  /** The filler: one sentence, which is repeated, or several, which are drawn at random. */
  readonly sentences: string | readonly string[];
  /** States the key, with {key} once or several times. */
  readonly needle: string;
  /** The end of the prompt. The key follows it directly. */
  readonly question: string;
  /** Between sentences, and before the question. Default a new line. */
  readonly separator?: string;
  /** Text between the digits of a key, for a model that has a token for each digit. Default nothing. */
  readonly digitSeparator?: string;
};

const text: Rule = (where, name, value) =>
  check(typeof value === "string", `${where}: ${name} must be text`, value, "string");

const words: Rule = (where, name, value) => {
  text(where, name, value);
  check((value as string).trim() !== "", `${where}: ${name} must have at least 1 character`, value);
};

/**
 * The wording of a template.
 *
 * @throws TypeError for an unknown key or a value that is not text, RangeError for a needle without {key}
 */
export const passkeyFrom = (template: PasskeyTemplate, options: KeyLength = {}): PasskeyWording => {
  const { digits = usualDigits } = checkKeys<KeyLength>("passkeyFrom", "options", options, { digits: true });
  checkInteger("passkeyFrom", "digits", digits, 1, mostDigits);
  const given = checkKeys<PasskeyTemplate>("passkeyFrom", "template", template, {
    needle: words,
    question: words,
    sentences: true,
    opening: optional(text),
    separator: optional(text),
    digitSeparator: optional(text),
  });
  const { opening = "", needle, question, separator = "\n", digitSeparator = "" } = given;
  const sentences = typeof given.sentences === "string" ? [given.sentences] : given.sentences;
  checkList("passkeyFrom", "sentences", sentences);
  sentences.forEach((sentence, index) => words("passkeyFrom", `sentences[${index}]`, sentence));
  check(needle.includes("{key}"), "passkeyFrom: needle must have {key} in it", needle);
  return {
    opening,
    separator,
    question: separator + question,
    sentence: (random) => (sentences.length === 1 ? sentences[0]! : pick(random, sentences)),
    key: (random) => digitsOf(digits, random, digitSeparator),
    needle: (key) => needle.replaceAll("{key}", key),
    answer: (key) => key,
  };
};

/** The content of a task.json beside a checkpoint: the small language that the model was trained on. */
export type PasskeyLanguage = {
  readonly filler: {
    readonly subjects: readonly string[];
    readonly verbs: readonly string[];
    readonly adjectives: readonly string[];
    readonly tails: readonly string[];
    /** With {subject}, {verb}, {adjective} and {tail}. */
    readonly sentence: string;
  };
  /** With {key}, once or several times. */
  readonly needle: string;
  readonly question: string;
  /** How keys are stated and asked for by name, so that one text can hold several. */
  readonly named?: {
    readonly names: readonly string[];
    /** With {name} and {key}. */
    readonly needle: string;
    /** With {name}. */
    readonly question: string;
  };
};

export type PasskeyOptions = KeyLength & {
  /** Keys in each text, each for another name, of which one is asked for. Absent: one, without a name. */
  readonly keys?: number;
};

/** @throws RangeError when there are not as many */
const namesFor = (named: PasskeyLanguage["named"], keys: number): NonNullable<PasskeyLanguage["named"]> => {
  check(named !== undefined, "passkeyIn: keys must be absent for a language without names for them", keys);
  checkInteger("passkeyIn", "keys", keys, 1, named.names.length);
  return named;
};

/**
 * The wording of a model's own language. A key's digits have spaces between them, so that each is one token.
 *
 * @throws RangeError for more keys than the language has names
 */
export const passkeyIn = (language: PasskeyLanguage, options: PasskeyOptions = {}): PasskeyWording => {
  const { keys, digits = usualDigits } = checkKeys<PasskeyOptions>("passkeyIn", "options", options, {
    keys: true,
    digits: true,
  });
  checkInteger("passkeyIn", "digits", digits, 1, mostDigits);
  const { filler, named } = language;
  const { needle, question } = keys === undefined ? language : namesFor(named, keys);
  return {
    opening: "",
    separator: " ",
    sentence: (random) =>
      filler.sentence
        .replace("{subject}", pick(random, filler.subjects))
        .replace("{verb}", pick(random, filler.verbs))
        .replace("{adjective}", pick(random, filler.adjectives))
        .replace("{tail}", pick(random, filler.tails))
        .replace(/ +/g, " "),
    key: (random) => digitsOf(digits, random, " "),
    needle: (key) => needle.replaceAll("{key}", key),
    question: ` ${question}`,
    answer: (key) => ` ${key}`,
    ...(keys !== undefined && { names: { all: named!.names, keys } }),
  };
};
