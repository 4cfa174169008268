/**
 * Numbers in a prediction, as LongBench scores counts and retrieved passages:
 *
 *   score   right numbers in the prediction / all numbers in the prediction; 0 if it has no number
 *
 * The right number is the truth itself (count), or the number after "Paragraph " in the truth (retrieval), in Chinese after 段落.
 */
import { check } from "@ropewalk/check";
import { numbersIn } from "./text.ts";

const shareOf = (prediction: string, right: string): number => {
  const numbers = numbersIn(prediction);
  return numbers.length === 0 ? 0 : numbers.filter((number) => number === right).length / numbers.length;
};

/**
 * The number of the paragraph that a truth names.
 *
 * @throws RangeError when it names none
 */
const paragraphIn = (rule: string, mark: string, truth: string): string => {
  const [, right] = new RegExp(`${mark}(\\p{Nd}+)`, "u").exec(truth) ?? [];
  check(right !== undefined, `${rule} must hold "${mark}" and a number`, truth);
  return right;
};

const retrievalBy =
  (where: string, mark: string) =>
  (prediction: string, truth: string): number =>
    shareOf(prediction, paragraphIn(`${where}: truth`, mark, truth));

const [paragraph, passage] = ["Paragraph ", "段落"] as const;

/** @throws RangeError when a truth names no paragraph */
export const namesParagraph = (rule: string, truth: string): void => void paragraphIn(rule, paragraph, truth);

/** @throws RangeError when a truth names no passage */
export const namesPassage = (rule: string, truth: string): void => void paragraphIn(rule, passage, truth);

/** 0 to 1. */
export const count = (prediction: string, truth: string): number => shareOf(prediction, truth);

/**
 * 0 to 1.
 *
 * @throws RangeError when the truth names no paragraph
 */
export const retrieval: (prediction: string, truth: string) => number = retrievalBy("retrieval", paragraph);

/** The same for Chinese passages. */
export const chineseRetrieval: (prediction: string, truth: string) => number = retrievalBy("chineseRetrieval", passage);
