/** Weights rounded to blocks: how far off, and in which bytes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantizeBlocks, type Blocks } from "../../src/index.ts";
import {
  blocksOf,
  codesOf,
  forms,
  matrices,
  roundPlainly,
  squaredError,
  unpack,
  weight,
  type Case,
} from "./random-blocks.ts";

/** Any finite float32, denormal, huge or zero. */
const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true });
const denormal = fc.integer({ min: -40, max: 40 }).map((units) => units * 2 ** -149);
const anyMatrix = fc.oneof(matrices(anyFloat), matrices(weight), matrices(denormal));

const quantized = ({ form, values, inner }: Case): Blocks => quantizeBlocks(form, values, inner);

describe("quantizeBlocks", () => {
  it("gives the bytes that the format says", () => {
    // m = -8 is code 0 exactly, so that the scale is 1; the row's end is filled up with code 8.
    const four = quantizeBlocks({ bits: 4, blockSize: 4 }, Float32Array.of(-8, 1, 7, 0, 2.25, -2), 6);
    expect(Array.from(four.elements.subarray(0, 2))).toEqual([0x90, 0x8f]);
    expect(four.scales[0]).toBe(1);
    expect(four.elements[3]).toBe(0x88);
    expect(four.elements).toHaveLength(4);
    const eight = quantizeBlocks({ bits: 8, blockSize: 2 }, Float32Array.of(-128, 127), 2);
    expect([...eight.elements, ...eight.scales]).toEqual([0, 255, 1]);
  });

  it("has a code for every place and a scale for every block", () => {
    fc.assert(
      fc.property(anyMatrix, (matrix) => {
        const { form, values, inner } = matrix;
        const { elements, scales } = quantized(matrix);
        const blocks = (values.length / inner) * Math.ceil(inner / form.blockSize);
        expect(scales).toHaveLength(blocks);
        expect(elements).toHaveLength((blocks * form.blockSize * form.bits) / 8);
        expect(scales.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it("is off by half a step at most where it does not clamp", () => {
    fc.assert(
      fc.property(anyMatrix, (matrix) => {
        const { form, values, inner } = matrix;
        const blocks = quantized(matrix);
        const [codes, read] = [
          blocksOf(form.blockSize, codesOf(form, blocks), form.blockSize),
          unpack(form, blocks, inner),
        ];
        const [wanted, got] = [blocksOf(form.blockSize, values, inner), blocksOf(form.blockSize, read, inner)];
        const zero = 2 ** (form.bits - 1);
        for (const [block, elements] of wanted.entries())
          for (const [k, x] of elements.entries()) {
            const code = codes[block]![k]!;
            const step = Math.abs(blocks.scales[block]!);
            const clamped = code === -zero || code === zero - 1;
            if (step > 0 && !clamped)
              expect(Math.abs(x - got[block]![k]!)).toBeLessThanOrEqual((step / 2) * (1 + 1e-9));
          }
      }),
    );
  });

  it("is never further off than the plain scale m / (z - 1), and so by sqrt(B) m / (2 (z - 1)) at most", () => {
    fc.assert(
      fc.property(anyMatrix, (matrix) => {
        const { form, values, inner } = matrix;
        const read = unpack(form, quantized(matrix), inner);
        const [wanted, got] = [blocksOf(form.blockSize, values, inner), blocksOf(form.blockSize, read, inner)];
        for (const [block, elements] of wanted.entries()) {
          const plain = squaredError(elements, roundPlainly(form.bits, elements));
          const error = squaredError(elements, got[block]!);
          expect(error).toBeLessThanOrEqual(plain * (1 + 1e-9));
          const largest = Math.max(...elements.map(Math.abs));
          // A scale below float32's normal numbers is coarse itself.
          if (largest > 1e-30)
            expect(Math.sqrt(error)).toBeLessThanOrEqual(
              (Math.sqrt(form.blockSize) * largest * (1 + 1e-6)) / (2 * (2 ** (form.bits - 1) - 1)),
            );
        }
      }),
    );
  });

  it("is closer than the plain scale for most weights", () => {
    const uniform = Float32Array.from({ length: 3200 }, (_, i) => ((i * 7919) % 3203) / 1601.5 - 1);
    const form = { bits: 4, blockSize: 32 } as const;
    const read = unpack(form, quantizeBlocks(form, uniform, 3200), 3200);
    const [wanted, got] = [blocksOf(32, uniform, 3200), blocksOf(32, read, 3200)];
    const closer = wanted.filter(
      (block, i) => squaredError(block, got[i]!) < 0.95 * squaredError(block, roundPlainly(4, block)),
    );
    expect(closer.length).toBeGreaterThan(50);
  });

  it("keeps what its codes can say", () => {
    const exact = fc.tuple(
      fc.integer({ min: -20, max: 20 }),
      fc.array(fc.integer({ min: -7, max: 7 }), { minLength: 1, maxLength: 32 }),
    );
    fc.assert(
      fc.property(fc.constantFrom<4 | 8>(4, 8), exact, (bits, [exponent, codes]) => {
        const most = 2 ** (bits - 1) - 1;
        const values = Float32Array.from([...codes, most], (code) => code * 2 ** exponent);
        const form = { bits, blockSize: 64 };
        expect([...unpack(form, quantizeBlocks(form, values, values.length), values.length)]).toEqual(
          Array.from(values, (x) => x + 0),
        );
      }),
    );
  });

  it("stores zeros as zeros", () => {
    for (const form of forms) {
      const { elements, scales } = quantizeBlocks(form, Float32Array.of(...new Array<number>(40).fill(0), -0), 41);
      expect(new Set(elements)).toEqual(new Set([form.bits === 4 ? 0x88 : 0x80]));
      expect(new Set(scales)).toEqual(new Set([0]));
    }
  });

  it("fills up the last block of a row with zeros", () => {
    fc.assert(
      fc.property(anyMatrix, ({ form, values, inner }) => {
        const padded = Math.ceil(inner / form.blockSize) * form.blockSize;
        const rows = values.length / inner;
        const filled = new Float32Array(rows * padded);
        for (let row = 0; row < rows; row++) filled.set(values.subarray(row * inner, (row + 1) * inner), row * padded);
        expect(quantizeBlocks(form, values, inner)).toEqual(quantizeBlocks(form, filled, padded));
      }),
    );
  });
});
