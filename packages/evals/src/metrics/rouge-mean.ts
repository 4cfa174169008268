/**
 * ROUGE-1, -2 and -L as L-Eval computes them, with the rules of Google Research's scorer. Words are runs of a to z and 0 to 9, in lower case.
 *
 *   ROUGE-n   compares the n-grams of words that both have, with repetitions
 *   ROUGE-L   compares by the longest common subsequence of all words; sentences do not matter
 *   F         2 P R / (P + R), 0 if nothing is the same
 *
 * A dataset's score is the geometric mean of the three means.
 */
import { l, n } from "js-rouge";

const tokenizer = (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];

const segmenter = (text: string): string[] => [text];

/** ROUGE-1, -2 and -L, each 0 to 1. */
export const rouges = (prediction: string, truth: string): readonly [number, number, number] => {
  if (tokenizer(prediction).length === 0 || tokenizer(truth).length === 0) return [0, 0, 0];
  return [
    n(prediction, truth, { n: 1, tokenizer }),
    n(prediction, truth, { n: 2, tokenizer }),
    l(prediction, truth, { tokenizer, segmenter }),
  ];
};
