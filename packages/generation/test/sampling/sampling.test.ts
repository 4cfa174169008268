import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { argmax, sample, startSampling, type Sampling } from "../../src/index.ts";

const config = (fields: Partial<Extract<Sampling, { kind: "sample" }>> = {}): Sampling => ({
  kind: "sample",
  temperature: 1,
  seed: 1,
  ...fields,
});

const logits = Float32Array.of(0, Math.log(2), Math.log(4), Math.log(1), Math.log(8));

/** How often each token comes in `count` draws. */
const frequencies = (sampling: Sampling, count: number): readonly number[] => {
  const seen = Array.from(logits, () => 0);
  let state = startSampling(sampling);
  for (let draw = 0; draw < count; draw++) {
    const sampled = sample(sampling, state, logits);
    state = sampled.state;
    seen[sampled.token]! += 1;
  }
  return seen.map((times) => times / count);
};

describe("sample", () => {
  it("draws each token as often as its probability says", () => {
    const expected = [1, 2, 4, 1, 8].map((weight) => weight / 16);
    frequencies(config(), 20_000).forEach((share, token) => expect(share).toBeCloseTo(expected[token]!, 1.7));
  });

  it("draws fairly from the first token on, whatever the seed", () => {
    const first = Array.from(logits, () => 0);
    for (let seed = 0; seed < 5000; seed++) {
      const sampling = config({ seed });
      first[sample(sampling, startSampling(sampling), logits).token]! += 1 / 5000;
    }
    [1, 2, 4, 1, 8].forEach((weight, token) => expect(first[token]).toBeCloseTo(weight / 16, 1.5));
  });

  it("keeps the topK most likely", () => {
    const shares = frequencies(config({ topK: 2 }), 3000);
    expect(shares[0]! + shares[1]! + shares[3]!).toBe(0);
    expect(shares[4]).toBeCloseTo(8 / 12, 1);
  });

  it("keeps the smallest set that reaches topP", () => {
    expect(frequencies(config({ topP: 0.5 }), 500)[4]).toBe(1);
    const shares = frequencies(config({ topP: 0.51 }), 2000);
    expect(shares[2]).toBeGreaterThan(0);
    expect(shares[1]).toBe(0);
  });

  it("comes near greedy as the temperature falls", () => {
    expect(frequencies(config({ temperature: 0.05 }), 500)[4]).toBe(1);
  });

  it("takes the first of equals when greedy", () => {
    expect(sample({ kind: "greedy" }, [], Float32Array.of(1, 3, 3)).token).toBe(1);
    expect(argmax(Float32Array.of(9, 9, 1, 2, 2), 2, 3)).toBe(1);
    expect(() => argmax(undefined as never)).toThrow("argmax: logits must be a Float32Array, got nothing");
    expect(() => argmax(Float32Array.of(1), 0, 1e300)).toThrow("argmax: vocabSize must be an integer from 1 to 1");
  });

  it("hands on a state that goes on where it was left", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const sampling = config({ seed });
        const first = sample(sampling, startSampling(sampling), logits);
        expect(sample(sampling, startSampling(sampling), logits)).toEqual(first);
        expect(first.state).not.toEqual(startSampling(sampling));
      }),
    );
  });

  it("refuses numbers out of range", () => {
    expect(() => startSampling(config({ temperature: 0 }))).toThrow(
      "temperature must be positive and finite (greedy is a kind of its own), got 0",
    );
    expect(() => startSampling(config({ temperature: Number.NaN }))).toThrow("got NaN");
    expect(() => startSampling(config({ topK: 0 }))).toThrow("topK must be a positive integer, got 0");
    expect(() => startSampling(config({ topP: 1.1 }))).toThrow("topP must be > 0 and <= 1, got 1.1");
    expect(() => startSampling(config({ seed: 0.5 }))).toThrow("seed must be an integer, got 0.5");
  });
});
