/** Lines of a text that stand between documents, as data sets write them: without --separator they are read as a part of the text. */
import { notice } from "../terminal/notice.ts";

const separators = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"] as const;

/** The separator that has lines of its own in a text, if there is one. */
export const separatorIn = (text: string): string | undefined => {
  // Most texts have none: lines are looked at only where one may be.
  const present = separators.filter((separator) => text.includes(separator));
  if (present.length === 0) return undefined;
  const lines = new Set(text.split("\n").map((line) => line.trim()));
  return present.find((separator) => lines.has(separator));
};

/** Says that a text has lines of a known separator, where none was asked for. */
export const noticeSeparator = (
  command: string,
  file: string,
  text: string | readonly unknown[],
  separator: string | undefined,
): void => {
  const found = typeof text === "string" && separator === undefined ? separatorIn(text) : undefined;
  if (found !== undefined)
    notice(
      `${command}: ${file} has lines ${found}, which are read as text; --separator "${found}" parts documents there`,
    );
};
