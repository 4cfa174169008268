/** The golden attention outputs are what their generator gives. */
import { expect, it } from "vitest";
import { selfExtendAttention, type HeadOutput } from "./vectors/generate-self-extend-attention.ts";
import vectors from "./vectors/self-extend-attention.json" with { type: "json" };

const numbersOf = ({ out_last, p_last, out }: HeadOutput): readonly number[] => [...out_last, ...p_last, ...out.flat()];

it("self-extend-attention.json, to 1e-15", () => {
  const generated = selfExtendAttention();
  expect(Object.keys(generated)).toEqual(Object.keys(vectors));
  for (const [name, golden] of Object.entries(vectors)) {
    const [expected, got] = [numbersOf(golden), numbersOf(generated[name]!)];
    expect(got).toHaveLength(expected.length);
    const largest = Math.max(...got.map((number, at) => Math.abs(number - expected[at]!)));
    expect(largest).toBeLessThan(1e-15);
  }
});
