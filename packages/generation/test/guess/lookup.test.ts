/** Where the last tokens were before, by plain search, and what is guessed from there. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { lookup } from "../../src/guess/lookup.ts";
import { nGrams } from "../../src/guess/n-grams.ts";
import { afterGuess, afterStep, isTime, startPace } from "../../src/guess/guess-pace.ts";

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

it("guesses as much as was right lately, and waits for what is foreseen where nothing was", () => {
  const most = 10;
  let pace = startPace(most);
  expect(pace.length).toBe(4);
  pace = afterGuess(most, afterGuess(most, pace, 4, 4), 8, 8);
  expect(pace).toEqual({ length: 10, need: 0, streak: 0 });
  expect(afterGuess(most, pace, 10, 6)).toEqual({ length: 7, need: 0, streak: 0 });
  const needs: number[] = [];
  for (let guess = 0; guess < 8; guess++) {
    pace = afterGuess(most, pace, 4, guess % 2);
    needs.push(pace.need);
    for (let step = 1; step < pace.need; step++) pace = afterStep(pace, true);
    expect(isTime(pace)).toBe(false);
    pace = afterStep(pace, false);
    expect(pace.streak).toBe(0);
    for (let step = 0; step < pace.need; step++) pace = afterStep(pace, guess > 3 ? undefined : true);
    expect(isTime(pace)).toBe(true);
  }
  expect(needs).toEqual([1, 2, 4, 8, 16, 32, 32, 32]);
  expect(afterGuess(most, pace, 4, 2).need).toBe(0);
  // One that may have one token alone, at the end of a run, has paid where that is right.
  expect(afterGuess(most, pace, 1, 1).need).toBe(0);
});
