/** Random texts, and random vocabularies of pieces, the same at each call. */
import type { Metadata } from "@ropewalk/gguf";
import fc from "fast-check";
import { byteCharacters, ofPieces } from "./cases.ts";
import type { Merge } from "./train-merges.ts";

const seed = 20_261_130;

/** Characters that were added to Unicode only lately: engines disagree on what they are. */
const late = /[\u0897\u1ac1-\u1aff\u1c89-\u1c8f\u2427-\u242f\u2fe0-\u2fff\ua7cb-\ua7ff]/u;

const character = fc
  .oneof(
    fc.integer({ min: 0, max: 0x2fdf }),
    fc.integer({ min: 0x3000, max: 0x31bf }),
    fc.integer({ min: 0x4e00, max: 0x9f00 }),
    fc.integer({ min: 0xa000, max: 0xabff }),
    fc.integer({ min: 0xac00, max: 0xd7a3 }),
    fc.integer({ min: 0xf900, max: 0xfffd }),
    fc.integer({ min: 0x1f300, max: 0x1f64f }),
  )
  .map((code) => String.fromCodePoint(code))
  .filter((text) => !late.test(text));

const parts = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 6 }) },
  { weight: 2, arbitrary: fc.string({ unit: character, maxLength: 4 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ..." |  |   |\n|\n\n|\r\n|\t|\u00a0|\u3000|'s|'LL|'re|\u0301|\u00e9|\u00df|\u01c5|12|345|\u0663|\u00bd|_|--|...|<s>|</s>|<|end|>|".split(
        "|",
      ),
      "<|end|>",
      "<|tool|>",
    ),
  },
  { weight: 3, arbitrary: fc.stringMatching(/^[ \n]?[a-zA-Z]{1,8}$/) },
);

const randomText = fc.array(parts, { maxLength: 12 }).map((pieces) => pieces.join(""));

export const randomTexts = (count: number): readonly string[] => fc.sample(randomText, { seed, numRuns: count });

/** Merges of two bytes, in an order that is mixed: then ids tell where a text is cut. @param share - one of so many pairs */
const pairs = (share: number): readonly Merge[] =>
  byteCharacters
    .flatMap((left, a) => byteCharacters.map((right, b) => ({ merge: [left, right] as const, at: a * 181 + b * 97 })))
    .filter(({ at }) => at % share === 0)
    .toSorted((a, b) => (a.at % 251) - (b.at % 251))
    .map(({ merge }) => merge);

export const allPairs: readonly Merge[] = pairs(1);
export const somePairs: readonly Merge[] = pairs(8);

const letters = fc.constantFrom("a", "b", "\u2581", "\u00e9");
const scores = fc.constantFrom(-1, -2, -3, -4, -5);

/** Pieces of few letters, so that many ways lead to a piece, with scores of which many tie. */
export const randomScores: fc.Arbitrary<readonly (readonly [string, number])[]> = fc.uniqueArray(
  fc.tuple(fc.string({ unit: letters, minLength: 1, maxLength: 5 }), scores),
  {
    selector: ([text]) => text,
    minLength: 5,
    maxLength: 60,
  },
);

const fewLetters = fc.string({ unit: fc.constantFrom("a", "b", " ", "\u00e9"), maxLength: 30 });

export const randomPieces = (
  count: number,
): readonly { readonly metadata: Metadata; readonly texts: readonly string[] }[] =>
  fc
    .sample(fc.tuple(randomScores, fc.array(fewLetters, { minLength: 60, maxLength: 60 })), { seed, numRuns: count })
    .map(([pieces, texts]) => ({ metadata: ofPieces(pieces), texts }));
