/** A text that is too short for what the flags ask: the error names the flags, and what would fit. */
import { thrownBy } from "@ropewalk/testing/thrown";
import { expect, it } from "vitest";
import { enoughTokens } from "../src/input/enough-text.ts";

const opened = {
  source: { name: "m", bosToken: undefined },
  text: { encode: (text: string) => [...text].map((_, id) => id) },
} as never;

it.each([
  [
    { length: 8, windows: 8 },
    "the text of --text must have at least 65 tokens, 8 times 8 and one more to predict, got 20; --windows 2 would fit",
  ],
  [
    { length: 64, windows: 1 },
    "the text of --text must have at least 65 tokens, 1 times 64 and one more to predict, got 20; --length 19 --windows 1 would fit",
  ],
  [{ length: 8, windows: 2, stride: 9 }, "--stride must be an integer from 1 to the length, 8, got 9"],
  [{ length: 1, windows: 2 }, "--length must be an integer of at least 2, got 1"],
  [{ length: 8, windows: 0 }, "--windows must be a positive integer, got 0"],
])("%j", (asked, message) => {
  expect(thrownBy(() => enoughTokens("perplexity", opened, "x".repeat(20), asked))).toBe(
    `RangeError: perplexity: ${message}`,
  );
});

it("a separator that does not occur", () => {
  const named = { ...(opened as object), source: { name: "m", bosToken: 1 } } as never;
  const asked = { length: 8, windows: 1, separator: "~" };
  expect(thrownBy(() => enoughTokens("perplexity", named, "text", asked))).toContain(
    "RangeError: perplexity: --separator must occur in the text",
  );
});
