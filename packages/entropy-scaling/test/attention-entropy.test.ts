import { attentionEntropy, queryScale } from "@ropewalk/entropy-scaling";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const softmax = (logits: readonly number[], scale: number): Float64Array => {
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(scale * (logit - largest)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float64Array.from(weights, (weight) => weight / sum);
};

const entropyOf = (row: Float64Array): number => attentionEntropy({ keyLen: row.length }, row)[0]!;

const logits = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});

describe("golden numbers", () => {
  it("a row each, in nats", () => {
    const rows = Float64Array.from(
      [
        [0.5, 0.5, 0, 0],
        [0.25, 0.25, 0.25, 0.25],
        [0.5, 0.25, 0.125, 0.125],
        [0, 0, 1, 0],
      ].flat(),
    );
    const expected = [0.6931471805599453, 1.3862943611198906, 1.2130075659799042, 0];
    for (const probabilities of [rows, Float32Array.from(rows)]) {
      attentionEntropy({ keyLen: 4 }, probabilities).forEach((entropy, row) => {
        expect(entropy).toBeCloseTo(expected[row]!, 14);
      });
    }
  });
});

describe("attentionEntropy", () => {
  it("is ln n for even attention over n keys, in float64 and in float32", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (n) => {
        expect(entropyOf(new Float64Array(n).fill(1 / n))).toBeCloseTo(Math.log(n), 10);
        expect(attentionEntropy({ keyLen: n }, new Float32Array(n).fill(1 / n))[0]).toBeCloseTo(Math.log(n), 5);
      }),
    );
  });

  it("is exactly 0 for attention on one key", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.nat(), (n, at) => {
        const row = new Float64Array(n);
        row[at % n] = 1;
        expect(entropyOf(row)).toBe(0);
      }),
    );
  });

  it("lies between 0 and ln n, and does not depend on the order of keys", () => {
    fc.assert(
      fc.property(logits, (row) => {
        const probabilities = softmax(row, 1);
        const entropy = entropyOf(probabilities);
        expect(entropy).toBeGreaterThanOrEqual(0);
        expect(entropy).toBeLessThanOrEqual(Math.log(row.length) + 1e-12);
        expect(entropyOf(probabilities.toReversed())).toBeCloseTo(entropy, 10);
      }),
    );
  });

  it("falls as a scale concentrates attention", () => {
    fc.assert(
      fc.property(logits, fc.double({ min: 1, max: 3, noNaN: true }), (row, scale) => {
        expect(entropyOf(softmax(row, scale))).toBeLessThanOrEqual(entropyOf(softmax(row, 1)) + 1e-12);
      }),
    );
    expect(entropyOf(softmax([0, 1, 2], 2))).toBeLessThan(entropyOf(softmax([0, 1, 2], 1)) - 0.2);
  });

  it("log-n brings the entropy of a longer input back towards that of the trained context", () => {
    // The same bell of logits, spread over ever more keys.
    const entropyAt = (keyLen: number, scale: number): number =>
      entropyOf(
        softmax(
          Array.from({ length: keyLen }, (_, j) => 3 * Math.sin(j * 2.399963)),
          scale,
        ),
      );
    const trained = entropyAt(128, 1);
    const scale = queryScale({ kind: "log-n", trainedContext: 128 }, { layer: 0, position: 2047 });
    const without = entropyAt(2048, 1);
    const withScale = entropyAt(2048, scale);
    expect(without - trained).toBeCloseTo(Math.log(16), 1);
    expect(withScale).toBeGreaterThan(trained);
    expect(withScale - trained).toBeLessThan(without - trained - 0.1);
  });

  it("writes to out", () => {
    const out = new Float64Array(2);
    expect(attentionEntropy({ keyLen: 1 }, new Float32Array([1, 1]), out)).toBe(out);
    out.fill(7);
    attentionEntropy({ keyLen: 2 }, new Float64Array([0.5, 0.5, 1, 0]), out);
    expect([...out]).toEqual([Math.LN2, 0]);
  });

  it("takes rows that sum to 1 within 1e-3, and no others", () => {
    const row = (last: number) => new Float64Array([0.5, last]);
    expect(() => entropyOf(row(0.5009))).not.toThrow();
    expect(() => entropyOf(row(0.4991))).not.toThrow();
    expect(() => entropyOf(row(0.5011))).toThrow(RangeError);
    expect(() => entropyOf(row(0.4989))).toThrow(RangeError);
  });
});
