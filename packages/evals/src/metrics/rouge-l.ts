/**
 * ROUGE-L of summaries (Lin, 2004) as LongBench computes it, over sets of words:
 *
 *   sentences   are separated by full stops, words by white space
 *   LCS(r, c)   the set of words in the longest common subsequence of sentence r of the truth and sentence c of the prediction
 *   same        the number of words in the union of LCS(r, c) over all r and c
 *   P, R        same / different words of the prediction, same / different words of the truth
 *   F           2 P R / (P + R + 1e-8)
 *
 * A text without a sentence scores 0. A Chinese text is first written as its words with spaces between them.
 */
import { lcs } from "js-rouge";
import type { Segment } from "./segment.ts";
import { wordsOf } from "./text.ts";

/** A sentence of white space alone is one empty word. */
const sentencesOf = (text: string): readonly (readonly string[])[] =>
  text
    .split(".")
    .filter((sentence) => sentence !== "")
    .map((sentence) => (wordsOf(sentence).length === 0 ? [""] : wordsOf(sentence)));

/** 0 to 1. */
export const rougeL = (prediction: string, truth: string): number => {
  const [predicted, right] = [sentencesOf(prediction), sentencesOf(truth)];
  if (predicted.length === 0 || right.length === 0) return 0;
  const union = new Set<string>();
  for (const reference of right)
    for (const candidate of predicted) for (const word of lcs([...reference], [...candidate])) union.add(word);
  const [precision, recall] = [predicted, right].map((sentences) => union.size / new Set(sentences.flat()).size);
  return (2 * precision! * recall!) / (precision! + recall! + 1e-8);
};

/** ROUGE-L of Chinese words, 0 to 1. */
export const chineseRougeL = (segment: Segment, prediction: string, truth: string): number =>
  rougeL(segment(prediction).join(" "), segment(truth).join(" "));
