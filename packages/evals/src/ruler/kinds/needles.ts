/**
 * Needles in a haystack: values that a text states for keys, of which some are asked for.
 *
 *   One of the special magic numbers for <key> is: <value>.
 */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { Draft } from "../fit/draft.ts";
import { another, different, letters, shuffled, someOf, type Random } from "../random-draws.ts";
import { essayHaystack, needleHaystack, noiseHaystack, scattered, type Haystack } from "./haystack.ts";
import type { RulerKind } from "./kind.ts";
import { stringMatchAll } from "../string-match.ts";
import { wordPair } from "../word-lists.ts";

/** A word is a pair of words, a number has seven digits. */
type Thing = "words" | "numbers" | "uuids";

export type NiahParams = {
  readonly haystack: "noise" | "needles" | "essays";
  readonly keys: Thing;
  readonly values: Thing;
  /** The number of keys with needles. Default 1, or as many as are asked for. */
  readonly numKeys?: number;
  /** The number of values for each key, each in a needle of its own. Default 1. */
  readonly numValues?: number;
  /** The number of keys that are asked for. Default 1. */
  readonly numQueries?: number;
};

const hexadecimal = "0123456789abcdef";

/** A random UUID: version 4, variant 10. */
const uuid = (random: Random): string => {
  const hex = (count: number): string => letters(random, hexadecimal, count);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${letters(random, "89ab", 1)}${hex(3)}-${hex(12)}`;
};

const drawThing: Readonly<Record<Thing, (random: Random) => string>> = {
  words: wordPair,
  numbers: (random) => String(uniformInt(random, 1_000_000, 9_999_999)),
  uuids: uuid,
};

const listed = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")}, and ${names.at(-1)}`;

/** The instruction and the question around the text, for one value or for several. */
const wordingFor = (values: Thing, queries: readonly string[], single: boolean) => {
  const asked = listed(queries);
  const thing = single ? values.slice(0, -1) : values;
  const [opening, question, verb] = single
    ? [
        `A special magic ${thing} is hidden in the text below. Keep it in mind: you will be asked for the ${thing} at the end.`,
        `What is the special magic ${thing} for ${asked} that the text states?`,
        "is",
      ]
    : [
        `Some special magic ${thing} are hidden in the text below. Keep them in mind: you will be asked for the ${thing} at the end.`,
        `What are all the special magic ${thing} for ${asked} that the text states?`,
        "are",
      ];
  return {
    input: (context: string) => `${opening}\n${context}\n${question}`,
    answerPrefix: ` The special magic ${thing} for ${asked} mentioned in the provided text ${verb}`,
  };
};

type NeedlesIn = {
  readonly needles: readonly string[];
  /** A further needle, for a key that is not asked for. */
  readonly line: () => string;
  readonly essays: readonly string[];
};

const haystacks: Readonly<Record<NiahParams["haystack"], (random: Random, given: NeedlesIn) => Haystack>> = {
  noise: (random, { needles }) => noiseHaystack(scattered(random, needles)),
  needles: (random, { needles, line }) => needleHaystack(scattered(random, needles), line),
  essays: (random, { needles, essays }) => essayHaystack(random, needles, essays),
};

const draftOf = (random: Random, params: NiahParams, essays: readonly string[]): Draft => {
  const { values: thing, numValues = 1, numQueries = 1 } = params;
  const known = new Set<string>();
  const drawKey = (): string => another(known, () => drawThing[params.keys](random));
  const drawValue = (): string => drawThing[thing](random);
  const needle = (key: string, value: string): string => `One of the special magic ${thing} for ${key} is: ${value}.`;

  const stated = Array.from({ length: Math.max(params.numKeys ?? 1, numQueries) }, () => ({
    key: drawKey(),
    values: different(numValues, drawValue),
  }));
  const asked = someOf(random, stated, numQueries);
  const needles = stated.flatMap(({ key, values }) => values.map((value) => needle(key, value)));
  const { least, text, filled } = haystacks[params.haystack](random, {
    needles: shuffled(random, needles),
    line: () => needle(drawKey(), drawValue()),
    essays,
  });
  const queries = asked.map(({ key }) => key);
  const { input, answerPrefix } = wordingFor(thing, queries, numQueries * numValues === 1);
  return {
    answerPrefix,
    answers: asked.flatMap(({ values }) => values),
    least,
    input: (units) => input(text(units)),
    ...(filled && { filled: (units, pieces) => input(filled(units, pieces)) }),
  };
};

export const niah = (params: NiahParams): RulerKind => ({
  maxNewTokens: 128,
  ...(params.haystack === "essays" && { needs: "essays" }),
  score: stringMatchAll,
  draft: (random, _, { essays }) => draftOf(random, params, essays),
});
