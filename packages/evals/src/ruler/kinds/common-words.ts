/**
 * Common words: a numbered list in which ten words come often and all others seldom; which ten?
 *
 *                           from 4,096 tokens on     below
 *   common words            30 times each            6 times
 *   other words             3 times each             once
 *   in the solved example   10 and 3 times, 40 words in all; below 4,096 tokens 3 times and once, 20 words
 */
import { another, shuffled, type Random } from "../random-draws.ts";
import type { RulerKind } from "./kind.ts";
import { stringMatchAll } from "../string-match.ts";
import { commonWords, wordPair } from "../word-lists.ts";

const numCommon = 10;

/** Where texts are long enough for words that come thirty times. */
const longFrom = 4096;

type Repeats = { readonly common: number; readonly others: number };

/** In a random order, numbered from 1. */
const numbered = (words: readonly string[]): string => words.map((word, index) => `${index + 1}. ${word}`).join(" ");

const repeated = (words: readonly string[], times: number): readonly string[] =>
  words.flatMap((word) => Array.from({ length: times }, () => word));

const asking = (context: string): string =>
  "The numbered list below holds words, some of them more often than others. Keep in mind those that come most often.\n" +
  `${context}\nQuestion: Which ${numCommon} words are the most common in the list above?`;

const answerPrefix = ` Answer: The top ${numCommon} words that appear most often in the list are:`;

/** Whether a word is part of no other: otherwise it would be found in an answer that has only the other. */
const standsAlone = (word: string): boolean => !commonWords.some((other) => other !== word && other.includes(word));

/** The words of one text: the common ones, and as many others as are asked for. */
const drawWords = (random: Random) => {
  const all = shuffled(random, commonWords);
  const common: string[] = [];
  for (const word of all) if (common.length < numCommon && standsAlone(word)) common.push(word);
  const others = all.filter((word) => !common.includes(word));
  const known = new Set(all);
  const beyond = random.clone();
  const draw = (): string => {
    const pair = wordPair(beyond);
    return common.some((word) => pair.includes(word)) ? draw() : pair;
  };
  /** The first of them; pairs of words where the list has no more. */
  const first = (count: number): readonly string[] => {
    while (others.length < count) others.push(another(known, draw));
    return others.slice(0, count);
  };
  return { common, first };
};

const solvedExample = (random: Random, isLong: boolean): string => {
  const [numOthers, repeats]: [number, Repeats] = isLong
    ? [30, { common: 10, others: 3 }]
    : [10, { common: 3, others: 1 }];
  const { common, first } = drawWords(random);
  const list = [...repeated(common, repeats.common), ...repeated(first(numOthers), repeats.others)];
  return `${asking(numbered(shuffled(random, list)))}${answerPrefix} ${numbered(common)}`;
};

export const commonWordsTask = (): RulerKind => ({
  maxNewTokens: 120,
  score: stringMatchAll,
  draft: (random, { length }) => {
    const isLong = length >= longFrom;
    const repeats: Repeats = isLong ? { common: 30, others: 3 } : { common: 6, others: 1 };
    const example = solvedExample(random, isLong);
    const { common, first } = drawWords(random);
    const order = random.clone();
    const input = (units: number, pieces = 0): string => {
      const last = repeated(first(units + 1).slice(units), Math.min(pieces, repeats.others));
      const list = [...repeated(common, repeats.common), ...repeated(first(units), repeats.others), ...last];
      return `${example}\n${asking(numbered(shuffled(order.clone(), list)))}`;
    };
    return { answers: common, answerPrefix, least: numCommon, input: (units) => input(units), filled: input };
  },
});
