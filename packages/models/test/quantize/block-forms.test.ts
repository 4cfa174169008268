/** The form that a precision gives matrices, by the lengths of their rows. */
import { expect, test } from "vitest";
import { blockForms } from "../../src/quantize/precision.ts";

const sizeOf = (precision: "q4" | "q8", ...rows: readonly number[]): number => {
  const { projections, unembedding } = blockForms(precision, rows);
  expect(unembedding).toEqual({ bits: 8, blockSize: projections.blockSize });
  return projections.blockSize;
};

test("8 bits have the longest blocks that divide all rows", () => {
  expect(sizeOf("q8", 4096, 11_008, 4096)).toBe(64);
  expect(sizeOf("q8", 896, 4864)).toBe(64);
  expect(sizeOf("q8", 576, 1536)).toBe(64);
  expect(sizeOf("q8", 96, 256)).toBe(32);
});

test("rows that no size divides have the shortest, and end in a block that is not full", () => {
  expect(sizeOf("q8", 64, 172)).toBe(32);
});

test("4 bits have blocks of 32, whatever the rows", () => {
  expect(sizeOf("q4", 4096, 11_008)).toBe(32);
});
