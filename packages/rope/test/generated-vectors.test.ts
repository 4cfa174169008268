/** The golden frequencies of MrRoPE are what their generator gives. */
import { expect, it } from "vitest";
import { mrRopeVectors } from "./vectors/generate-mr-rope.ts";
import vectors from "./vectors/mr-rope.json" with { type: "json" };

const { mrrope } = vectors;

it("mr-rope.json, to a relative 1e-15", () => {
  const { low, high, uniform, progressive } = mrRopeVectors();
  expect([low, high]).toEqual([mrrope.low, mrrope.high]);
  const largest = (got: readonly number[], golden: readonly number[]): number =>
    Math.max(...golden.map((frequency, pair) => Math.abs(got[pair]! / frequency - 1)));
  expect(uniform).toHaveLength(mrrope.uniform.length);
  expect(largest(uniform, mrrope.uniform)).toBeLessThan(1e-15);
  expect(largest(progressive, mrrope.progressive)).toBeLessThan(1e-15);
});
