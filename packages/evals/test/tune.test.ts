/** Which G and W are possible, and whether a search finds the best of them for a tenth of what all would cost. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capacity, largestWindow, selfExtend } from "@ropewalk/position-mapping";
import { everyCandidate, searchSpace, type Candidate } from "../src/tune/candidates.ts";
import type { SampleLoss } from "../src/tune/measure.ts";
import { tuneSamples } from "../src/tune/samples.ts";
import { meanOver, ranked, search, type SearchConfig } from "../src/tune/search.ts";

describe("candidates", () => {
  it("all hold the length, and none with a group less does at the least", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4096 }), fc.integer({ min: 2, max: 64 }), (trained, times) => {
        const length = trained * times;
        const space = searchSpace(trained, length, {});
        for (const { groupSize, window } of everyCandidate(space))
          expect(capacity(selfExtend({ groupSize, window }), trained)).toBeGreaterThanOrEqual(length);
        for (const window of space.windows) {
          const [least] = space.groupSizes(window);
          if (least! > 1) expect(capacity(selfExtend({ groupSize: least! - 1, window }), trained)).toBeLessThan(length);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("keep what is given", () => {
    expect(searchSpace(512, 4096, { window: 100 }).windows).toEqual([100]);
    const space = searchSpace(512, 4096, { groupSize: 16 });
    expect(everyCandidate(space).every(({ groupSize }) => groupSize === 16)).toBe(true);
    expect(Math.max(...space.windows)).toBe(largestWindow({ groupSize: 16, trainedContext: 512, length: 4096 }));
  });

  it.each([
    [{}, 512, "tune: length must be more than the trained window of 512, got 512"],
    [
      { window: 512 },
      1024,
      "tune: window must reach 1024 tokens with some group size, of a model trained on 512 tokens, got 512",
    ],
    [
      { groupSize: 2 },
      4096,
      "tune: groupSize must reach 4096 tokens with some window, of a model trained on 512 tokens, got 2",
    ],
    [
      { groupSize: 9, window: 256 },
      4096,
      "tune: window must reach 4096 tokens with group size 9, of a model trained on 512 tokens, got 256",
    ],
  ])("are refused with %o at %i", (fixed, length, message) =>
    expect(() => searchSpace(512, length, fixed)).toThrow(new RangeError(message)),
  );
});

/** A valley along windows and group sizes, with noise that all candidates share. */
const valley =
  (at: { readonly window: number; readonly factor: number; readonly logN: number }, trained: number, length: number) =>
  ({ groupSize, window, logN }: Candidate, sample: number): SampleLoss => {
    const least = searchSpace(trained, length, {}).groupSizes(window)[0]!;
    const loss =
      1.3 +
      0.4 * ((window / trained - at.window) ** 2 + (Math.log2(groupSize / least) / 3 - at.factor) ** 2) +
      (logN ? at.logN : 0) +
      0.3 * Math.sin(7 * sample);
    return { far: { sum: 100 * loss, tokens: 100 }, near: { sum: 10, tokens: 10 } };
  };

describe("a search", () => {
  const space = searchSpace(512, 4096, {});
  const config: SearchConfig = { space, costs: [1, 1, 1, 1], prefills: 24, logN: true };

  it("comes within 2 % of the best of all, and never costs more than it may", async () => {
    const places = fc.record({
      window: fc.double({ min: 0.1, max: 0.8, noNaN: true }),
      factor: fc.double({ min: 0, max: 0.8, noNaN: true }),
      logN: fc.double({ min: -0.2, max: 0.2, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 12, max: 60 }), async (at, prefills) => {
        const loss = valley(at, 512, 4096);
        let runs = 0;
        const measure = async (candidate: Candidate, sample: number): Promise<SampleLoss> => {
          runs += 1;
          return loss(candidate, sample);
        };
        const { tried, spent } = await search({ ...config, prefills }, measure);
        expect(spent).toBe(runs);
        expect(spent).toBeLessThanOrEqual(prefills);
        const all = (candidate: Candidate): number =>
          meanOver(
            [0, 1, 2, 3].map((sample) => loss(candidate, sample)),
            "far",
          );
        const best = Math.min(...everyCandidate(space).map(all));
        if (prefills >= 24) expect(all(ranked(tried)[0]!.candidate)).toBeLessThan(1.02 * best);
        // Nothing is measured twice.
        expect(new Set(tried.map(({ candidate }) => JSON.stringify(candidate))).size).toBe(tried.length);
      }),
      { numRuns: 100 },
    );
  });

  it("without log-n tries none with it, and with one sample has no finals", async () => {
    const { tried, spent } = await search({ ...config, costs: [0.5], logN: false }, async (candidate, sample) =>
      valley({ window: 0.5, factor: 0, logN: -1 }, 512, 4096)(candidate, sample),
    );
    expect(tried.some(({ candidate }) => candidate.logN)).toBe(false);
    expect(spent).toBe(tried.length / 2);
  });

  it("takes of those that are alike the one that harms less", () => {
    const tried = [
      [1.3, 1.5],
      [1.3005, 1.2],
      [1.4, 1],
    ].map(([far, near], index) => ({
      candidate: { groupSize: index + 1, window: 8, logN: false },
      losses: [{ far: { sum: far!, tokens: 1 }, near: { sum: near!, tokens: 1 } }],
    }));
    expect(ranked(tried).map(({ candidate }) => candidate.groupSize)).toEqual([2, 1, 3]);
  });
});

describe("samples", () => {
  const text = {
    encode: (words: string) => Array.from(words, (character) => character.codePointAt(0)!),
    decode: (ids: readonly number[]) => String.fromCodePoint(...ids),
  };
  const model = { text, source: { name: "played", bosToken: 1, decoder: { trainedContext: 4 } } } as never;

  it("of a text are its windows, as many as it has", () => {
    const samples = tuneSamples(model, "abcdefghijklmnopqrstuvw", { length: 10, samples: 5 });
    expect(samples.map(({ ids }) => text.decode(ids))).toEqual(["abcdefghijk", "klmnopqrstu"]);
    expect(samples[0]).toMatchObject({ far: 4, near: 4, masked: [] });
    expect(() => tuneSamples(model, "abc", { length: 10, samples: 5 })).toThrow(/at least 11 tokens/);
  });

  it("of prompts are scored on what is answered alone", () => {
    const [sample] = tuneSamples(model, [{ prompt: "ab?", response: "cd" }], { length: 10, samples: 5 });
    // From the last token of the prompt on, which predicts the first of the response.
    expect(sample).toMatchObject({ ids: text.encode("ab?cd"), far: 2, near: 0 });
    expect(() => tuneSamples(model, [{ prompt: "ab?", response: "cdefghijkl" }], { length: 10, samples: 5 })).toThrow(
      "tuneSamples: prompt 1 with its response must have at most 10 tokens and one, the length, got 13",
    );
    expect(() => tuneSamples(model, [{ prompt: "ab?", response: "" }], { length: 10, samples: 5 })).toThrow(
      'tuneSamples: prompt 1 must have a response, got ""',
    );
  });
});

it("of responses the one whose worst is better goes before one of the same mean", () => {
  const nothing = { sum: 0, tokens: 0 };
  const tried = [
    [0.01, 0.09],
    [0.05, 0.05],
  ].map((losses, index) => ({
    candidate: { groupSize: index + 1, window: 8, logN: false },
    losses: losses.map((loss) => ({ far: { sum: loss, tokens: 1 }, near: nothing })),
  }));
  expect(ranked(tried).map(({ candidate }) => candidate.groupSize)).toEqual([2, 1]);
});
