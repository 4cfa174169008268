/**
 * Edit similarity of code as LongBench scores it: of the first line of the prediction that is no comment and no fence.
 *
 *   line    the first one, behind the line breaks it begins with, without `, # and //; "" where there is none
 *   score   round(100 ratio(line, truth)) / 100, halves to the even number; 1 where both are the same, 0 where one alone is empty
 *   ratio   "blocks"        by the blocks that both share, as fuzzywuzzy computes it by itself
 *           "subsequence"   2 LCS / (characters of both), as it does where python-Levenshtein is installed beside it
 *
 * LongBench installs fuzzywuzzy by itself.
 */
import { checkOneOf } from "@ropewalk/check";
import { lcs } from "js-rouge";
import { matchingRatio } from "./matching-blocks.ts";
import { linesOf } from "./text.ts";

export type EditRatio = "blocks" | "subsequence";

const ratios: Readonly<Record<EditRatio, (first: readonly string[], second: readonly string[]) => number>> = {
  blocks: matchingRatio,
  subsequence: (first, second) => (2 * lcs([...first], [...second]).length) / (first.length + second.length),
};

const roundHalfEven = (value: number): number => {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
};

const percentOf = (ratio: EditRatio, first: string, second: string): number => {
  if (first === second) return 100;
  if (first === "" || second === "") return 0;
  return roundHalfEven(100 * ratios[ratio]([...first], [...second]));
};

/** 0 to 1, in hundredths. */
export const editSimilarity = (prediction: string, truth: string, ratio: EditRatio = "blocks"): number => {
  checkOneOf("editSimilarity", "ratio", ratio, Object.keys(ratios));
  const line = linesOf(prediction).find((each) => !/[`#]|\/\//.test(each)) ?? "";
  return percentOf(ratio, line, truth) / 100;
};
