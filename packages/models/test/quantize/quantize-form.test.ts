/** Blocks as graph computes with them, and what is refused. */
import { evaluate, ndArray, tape as newTape } from "@ropewalk/graph";
import { thrownBy } from "@ropewalk/testing/thrown";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantizeBlocks, type BlockForm } from "../../src/index.ts";
import { matrices, unpack, weight } from "./random-blocks.ts";

describe("quantizeBlocks", () => {
  it("reads the same in graph's product as here", () => {
    fc.assert(
      fc.property(
        matrices(weight).filter(({ values }) => values.length > 0),
        (matrix) => {
          const { form, values, inner: K } = matrix;
          const { bits, blockSize } = form;
          const N = values.length / K;
          const blocks = quantizeBlocks(form, values, K);
          const perRow = Math.ceil(K / blockSize);
          const x = Float64Array.from({ length: 2 * K }, (_, i) => Math.sin(i));
          const tape = newTape();
          const product = tape.op(
            "MatMulNBits",
            [
              tape.input("x", "float32", [2, K]),
              tape.constant("uint8", [N, perRow, (blockSize * bits) / 8], blocks.elements),
              tape.constant("float32", [N, perRow], blocks.scales),
            ],
            { N, K, bits, block_size: blockSize },
            { domain: "com.microsoft" },
          );
          tape.output("y", product);
          const { data } = evaluate(tape.model(), { x: ndArray("float32", [2, K], x) })["y"]!;
          const read = unpack(form, blocks, K);
          for (const [at, y] of data.entries()) {
            const [row, n] = [Math.floor(at / N), at % N];
            let sum = 0;
            for (let k = 0; k < K; k++) sum += x[row * K + k]! * read[n * K + k]!;
            expect(y).toBeCloseTo(sum, 12);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("refuses an element that is not finite, by its index", () => {
    const bad = fc.constantFrom(NaN, Infinity, -Infinity);
    fc.assert(
      fc.property(
        matrices(weight).filter(({ values }) => values.length > 0),
        bad,
        fc.nat(),
        ({ form, values, inner }, wrong, place) => {
          const index = place % values.length;
          expect(thrownBy(() => quantizeBlocks(form, values.with(index, wrong), inner))).toBe(
            `RangeError: quantizeBlocks: values must be finite, got ${wrong} at index ${index}`,
          );
        },
      ),
    );
  });

  it.each<readonly [unknown, unknown, unknown, string]>([
    [3, 32, 4, "RangeError: quantizeBlocks: bits must be 4 or 8, got 3"],
    ["4", 32, 4, 'TypeError: quantizeBlocks: bits must be 4 or 8, got "4"'],
    [4, 31, 4, "RangeError: quantizeBlocks: blockSize must be an even integer above 0, got 31"],
    [4, 0, 4, "RangeError: quantizeBlocks: blockSize must be an even integer above 0, got 0"],
    [4, 32, 3, "RangeError: quantizeBlocks: inner must be an integer above 0 that divides the 8 values, got 3"],
    [4, 32, 0, "RangeError: quantizeBlocks: inner must be an integer above 0 that divides the 8 values, got 0"],
    [4, 32, 0.5, "RangeError: quantizeBlocks: inner must be an integer above 0 that divides the 8 values, got 0.5"],
  ])("refuses %j bits in blocks of %j, rows of %j", (bits, blockSize, inner, message) => {
    const form = { bits, blockSize } as BlockForm;
    expect(thrownBy(() => quantizeBlocks(form, new Float32Array(8), inner as number))).toBe(message);
  });
});
