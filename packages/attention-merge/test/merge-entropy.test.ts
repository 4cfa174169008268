/** mergeEntropy against entropies of all keys at once, computed from the scores by the definition. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { mergeEntropy, type PartialEntropy } from "@ropewalk/attention-merge/entropy";

/** -Σ p ln p of the softmax of one query's scores, and their log-sum-exp. */
const entropyOf = (scores: readonly number[]): { readonly entropy: number; readonly lse: number } => {
  const max = Math.max(...scores);
  const lse = max + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - max), 0));
  const entropy = scores.reduce((sum, score) => sum - Math.exp(score - lse) * (score - lse), 0);
  return { entropy, lse };
};

/** A part with a row for each list of scores; a query with no score saw no key. */
const partOf = (rows: readonly (readonly number[])[]): PartialEntropy => {
  const measured = rows.map((scores) => (scores.length === 0 ? { entropy: NaN, lse: -Infinity } : entropyOf(scores)));
  const dims = [1, rows.length] as const;
  return {
    entropy: { dims, data: Float32Array.from(measured, ({ entropy }) => entropy) },
    lse: { dims, data: Float32Array.from(measured, ({ lse }) => lse) },
  };
};

const scores = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 8 });

it("is the entropy of all keys, however they are split", () => {
  fc.assert(
    fc.property(fc.array(scores, { minLength: 1, maxLength: 4 }), (parts) => {
      const merged = mergeEntropy(parts.map((part) => partOf([part])));
      const whole = entropyOf(parts.flat());
      expect(Math.abs(merged.entropy.data[0]! - whole.entropy)).toBeLessThan(1e-4);
      expect(Math.abs(merged.lse.data[0]! - whole.lse)).toBeLessThan(1e-4);
    }),
  );
});

it("leaves out a part in which a query saw no key, and gives 0 where it saw none at all", () => {
  const merged = mergeEntropy([partOf([[1, 2], []]), partOf([[], []])]);
  expect(merged.entropy.data[0]).toBeCloseTo(entropyOf([1, 2]).entropy, 5);
  expect([merged.entropy.data[1], merged.lse.data[1]]).toEqual([0, -Infinity]);
});

it("writes where it is told, and refuses other shapes", () => {
  const out = partOf([[0], [0]]);
  expect(mergeEntropy([partOf([[1, 1], [2]])], out)).toBe(out);
  expect(out.entropy.data[0]).toBeCloseTo(Math.LN2, 6);
  expect(() => mergeEntropy([partOf([[1]]), partOf([[1], [2]])])).toThrow(/^mergeEntropy: entropy must be/);
  expect(() => mergeEntropy([])).toThrow(/^mergeEntropy: parts must/);
});
