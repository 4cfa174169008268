import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRepositoryJson } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import {
  codeForm,
  dequantize,
  isBlockType,
  tensorForms,
  tensorTypes,
  unpackCodes,
  type BlockType,
} from "../src/index.ts";

type Golden = { readonly type: BlockType; readonly bytes: string; readonly values: readonly number[] };

const { blocks } = readRepositoryJson<{ readonly blocks: readonly Golden[] }>(`${ggufVectors}/blocks.json`);

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

describe("dequantize", () => {
  // Seven digits are printed, of a product and a difference that are computed in float32 as here.
  it.each(blocks)("gives what gguf-py gives of $type, to the last digit that it prints", ({ type, bytes, values }) => {
    const own = dequantize(type, bytesOf(bytes));
    expect(own.length).toBe(values.length);
    const unit = (value: number): number => 10 ** (Math.floor(Math.log10(Math.abs(value))) - 6);
    const wrong = values.findIndex(
      (value, at) => value !== own[at] && !(Math.abs(value - own[at]!) <= 0.5001 * unit(own[at]!)),
    );
    expect(wrong, `${values[wrong]}, got ${own[wrong]}`).toBe(-1);
  });

  it("knows every type in blocks", () => {
    expect(blocks.map(({ type }) => type)).toEqual(tensorTypes.filter(isBlockType));
  });

  it("widens dense types exactly", () => {
    expect([...dequantize("F32", Uint8Array.of(0, 0, 0x80, 0x3f))]).toEqual([1]);
    expect([...dequantize("F16", Uint8Array.of(0, 0x3c, 1, 0, 0, 0xc0, 0, 0x7c))]).toEqual([1, 2 ** -24, -2, Infinity]);
    expect([...dequantize("BF16", Uint8Array.of(0x80, 0x3f, 0, 0xc0))]).toEqual([1, -2]);
  });

  it("refuses other types and broken blocks", () => {
    expect(() => dequantize("IQ4_XS" as "F32", new Uint8Array(4))).toThrow(/dequantize: type must be one of F32, F16/);
    expect(() => dequantize("Q4_0", new Uint8Array(19))).toThrow(/whole blocks of 18 in Q4_0, got 19/);
    expect(() => unpackCodes("F32" as "Q4_0", new Uint8Array(4))).toThrow(/unpackCodes: type must be one of Q4_0/);
    expect(() => dequantize("F32", [1] as unknown as Uint8Array)).toThrow(/bytes must be a Uint8Array/);
  });
});

describe("unpackCodes", () => {
  const anyBlocks = fc
    .constantFrom(...tensorTypes.filter(isBlockType))
    .chain((type) => fc.tuple(fc.constant(type), fc.uint8Array({ minLength: 840, maxLength: 840 })));

  it("gives codes within the type's, and dequantize is their formula, for any bytes", () => {
    fc.assert(
      fc.property(anyBlocks, ([type, all]) => {
        const bytes = all.subarray(0, tensorForms[type].bytes * 3);
        const { blockSize, codes: range, hasMinimum } = codeForm(type);
        const { codes, scales, minimums } = unpackCodes(type, bytes);
        expect(codes.length).toBe(3 * tensorForms[type].elements);
        expect(scales.length).toBe(codes.length / blockSize);
        expect(minimums?.length).toBe(hasMinimum ? scales.length : undefined);
        expect(Math.min(...codes)).toBeGreaterThanOrEqual(range[0]);
        expect(Math.max(...codes)).toBeLessThanOrEqual(range[1]);
        const values = dequantize(type, bytes);
        for (const at of [0, 17, codes.length - 1]) {
          const block = Math.floor(at / blockSize);
          const product = Math.fround(scales[block]! * codes[at]!);
          expect(values[at]).toEqual(Math.fround(minimums === undefined ? product : product - minimums[block]!));
        }
      }),
      { numRuns: 60 },
    );
  });
});
