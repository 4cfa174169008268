/**
 * Numbers in a prediction, as LongBench scores counts and retrieved passages:
 *
 *   score   numbers of the prediction that are the right one / numbers of the prediction, 0 where it has none
 *
 * The right one is the truth (count), or stands in it behind "Paragraph " (retrieval) or 段落 (its Chinese form).
 */
import { check } from "@ropewalk/check";
import { numbersIn } from "./text.ts";

const shareOf = (prediction: string, right: string): number => {
  const numbers = numbersIn(prediction);
  return numbers.length === 0 ? 0 : numbers.filter((number) => number === right).length / numbers.length;
};

const retrievalBy =
  (where: string, mark: string) =>
  (prediction: string, truth: string): number => {
    const [, right] = new RegExp(`${mark}(\\p{Nd}+)`, "u").exec(truth) ?? [];
    check(right !== undefined, `${where}: truth must hold "${mark}" and a number`, truth);
    return shareOf(prediction, right);
  };

/** 0 to 1. */
export const count = (prediction: string, truth: string): number => shareOf(prediction, truth);

/**
 * 0 to 1.
 *
 * @throws RangeError when the truth names no paragraph
 */
export const retrieval: (prediction: string, truth: string) => number = retrievalBy("retrieval", "Paragraph ");

/** The same of Chinese passages. */
export const chineseRetrieval: (prediction: string, truth: string) => number = retrievalBy("chineseRetrieval", "段落");
