/** Where the last tokens were before, by plain search, and what is guessed from there. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { lookup } from "../../src/guess/lookup.ts";
import { nGrams } from "../../src/guess/n-grams.ts";
import { afterGuess, afterStep, startPace } from "../../src/guess/pace.ts";

/** The same by looking everywhere. */
const searched = (ids: readonly number[], count: number): number | undefined => {
  for (let place = ids.length - 1; place >= count; place--)
    if (ids.slice(place - count, place).join() === ids.slice(ids.length - count).join()) return place;
  return undefined;
};

const tokens = (most: number) => fc.array(fc.integer({ min: 0, max: most }), { maxLength: 40 });

it("finds what a search finds, however the text grows", () => {
  const texts = fc.array(fc.oneof(tokens(2), tokens(200_000)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 4 }), (parts, count) => {
      const find = nGrams(count);
      const ids: number[] = [];
      for (const part of parts) {
        ids.push(...part);
        expect(find(ids)).toBe(ids.length < count ? undefined : searched(ids, count));
      }
    }),
  );
});

it("guesses what followed, and goes round where the text ends", async () => {
  const { guess } = lookup({ match: 2 });
  expect(await guess([5, 6, 7, 8, 9, 5, 6], 4)).toEqual([7, 8, 9, 5]);
  expect(await guess([5, 6, 7, 8, 9, 5, 6, 1, 2, 1, 2], 5)).toEqual([1, 2, 1, 2, 1]);
  expect(await guess([5, 6, 7, 8, 9, 5, 6, 1, 2, 1, 2, 3, 4], 5)).toEqual([]);
});

it("guesses as much as was right lately, and hardly ever where nothing is", () => {
  const most = 8;
  let pace = startPace(most);
  expect(pace.length).toBe(8);
  pace = afterGuess(most, pace, 8, 3);
  expect(pace).toEqual({ length: 4, rest: 0, rested: 0 });
  pace = afterGuess(most, afterGuess(most, pace, 4, 4), 8, 8);
  expect(pace.length).toBe(8);
  let guesses = 0;
  for (let step = 0; step < 1000; step++) {
    if (pace.rest > 0) pace = afterStep(pace);
    else {
      guesses += 1;
      pace = afterGuess(most, pace, pace.length, 0);
    }
  }
  expect(guesses).toBeLessThan(25);
  expect(afterGuess(most, pace, 1, 1)).toEqual({ length: 2, rest: 0, rested: 0 });
});
