/**
 * F1 over tokens, as SQuAD has it (arXiv 1606.05250):
 *
 *   same        the number of tokens that both have, with repetitions
 *   precision   same / tokens of the prediction        recall   same / tokens of the truth
 *   F1          2 precision recall / (precision + recall), 0 if no token is the same
 *
 * English tokens are the words of the text in lower case, without punctuation and without a, an and the. Chinese tokens are the words that a
 * segmenter finds, in lower case, without punctuation and white space; words that are empty after that do not count.
 */
import type { Segment } from "./segment.ts";
import { articles, asciiPunctuation, chinesePunctuation, wordsOf } from "./text.ts";

/** Lower case, without punctuation, without a, an and the. */
const normalizedWords = (text: string): readonly string[] =>
  wordsOf(text.toLowerCase().replace(asciiPunctuation, "").replace(articles, " "));

const chineseTokens = (segment: Segment, text: string): readonly string[] =>
  segment(text)
    .map((word) => wordsOf(word.toLowerCase().replace(asciiPunctuation, "").replace(chinesePunctuation, "")).join(""))
    .filter((word) => word !== "");

const countsOf = (tokens: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
};

const f1Of = (predicted: readonly string[], right: readonly string[]): number => {
  const counts = countsOf(right);
  let same = 0;
  for (const [token, count] of countsOf(predicted)) same += Math.min(count, counts.get(token) ?? 0);
  if (same === 0) return 0;
  const [precision, recall] = [same / predicted.length, same / right.length];
  return (2 * precision * recall) / (precision + recall);
};

/** F1 of English words, 0 to 1. */
export const f1 = (prediction: string, truth: string): number =>
  f1Of(normalizedWords(prediction), normalizedWords(truth));

/** F1 of Chinese words, 0 to 1. */
export const chineseF1 = (segment: Segment, prediction: string, truth: string): number =>
  f1Of(chineseTokens(segment, prediction), chineseTokens(segment, truth));
