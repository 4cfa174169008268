/**
 * Edit similarity of code as LongBench scores it. Only the prediction's first line that is neither a comment nor a fence is compared.
 *
 *   line    after leading line breaks, the first line that holds none of `, # and //; "" if there is no such line
 *   score   round(100 ratio(line, truth)) / 100, halves to the even number; 1 if both are the same, 0 if only one of them is empty
 *   ratio   "blocks"        from the blocks that both share: what fuzzywuzzy computes when it is installed alone
 *           "subsequence"   2 LCS / (characters of both): what fuzzywuzzy computes when python-Levenshtein is installed too
 *
 * LongBench installs fuzzywuzzy alone.
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
