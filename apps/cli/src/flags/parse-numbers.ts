/** The text of a flag as a number, or as several. */
import { InvalidArgumentError } from "commander";

/** The number that a text is. Its rule is checked by the function that gets it, whose error names it. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError(`must be a number, got ${text}`);
  return value;
};

/** Numbers, separated by commas. */
export const numberList = (text: string): readonly number[] => text.split(",").map(number);

/** Numbers, separated by commas, each once: what is asked for twice is measured once. */
export const distinctNumbers = (text: string): readonly number[] => [...new Set(numberList(text))];
