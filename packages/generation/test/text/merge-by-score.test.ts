/** Merges by scores, beside the formula in plain loops. */
import { randomScores } from "@ropewalk/testing/gguf-tokenizers/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeByScore } from "../../src/text/tokenizer/merge-by-score.ts";

const plain = (scores: ReadonlyMap<string, number>, text: string): readonly string[] => {
  let pieces = [...text];
  for (;;) {
    const joined = pieces.slice(1).map((right, at) => scores.get(pieces[at]! + right) ?? -Infinity);
    const best = Math.max(...joined);
    if (!Number.isFinite(best)) return pieces;
    const at = joined.indexOf(best);
    pieces = [...pieces.slice(0, at), pieces[at]! + pieces[at + 1]!, ...pieces.slice(at + 2)];
  }
};

const texts = fc.string({ unit: fc.constantFrom("a", "b", "\u2581", "\u00e9", "\u{1f600}"), maxLength: 40 });

describe("mergeByScore", () => {
  it("joins the neighbours whose token has the highest score, of equals the first", () => {
    fc.assert(
      fc.property(randomScores, texts, (pieces, text) => {
        const scores = new Map(pieces);
        expect(mergeByScore((token) => scores.get(token))(text)).toEqual(plain(scores, text));
      }),
      { numRuns: 2000 },
    );
  });

  it("joins pairs of one score from left to right, which no list of merges can say", () => {
    const scores = new Map([
      ["aa", -1],
      ["ba", -1],
      ["aab", -1],
    ]);
    const merge = mergeByScore((token) => scores.get(token));
    expect(merge("baab")).toEqual(["ba", "a", "b"]);
    expect(merge("aab")).toEqual(["aab"]);
    expect(merge("aaaaa")).toEqual(["aa", "aa", "a"]);
  });

  it("takes long texts", () => {
    const scores = new Map(Array.from({ length: 10 }, (_, at) => ["a".repeat(2 ** (at + 1)), -at] as const));
    const merge = mergeByScore((token) => scores.get(token));
    expect(merge("a".repeat(2 ** 16))).toEqual(Array.from({ length: 64 }, () => "a".repeat(1024)));
    expect(merge("")).toEqual([]);
    expect(merge("x")).toEqual(["x"]);
  });
});
