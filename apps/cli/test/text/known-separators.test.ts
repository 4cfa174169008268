/** A text with lines of a known separator is noticed. */
import { expect, it } from "vitest";
import { separatorIn } from "../../src/input/known-separators.ts";

it.each([
  ["one\n<|endoftext|>\ntwo", "<|endoftext|>"],
  ["one\r\n</s>\r\ntwo", "</s>"],
  ["one\ntwo\n<eos>", "<eos>"],
  ["a line with <|endoftext|> in it", undefined],
  ["one\n\ntwo", undefined],
])("%j: %s", (text, found) => {
  expect(separatorIn(text)).toBe(found);
});
