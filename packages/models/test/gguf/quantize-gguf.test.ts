/** Blocks of a GGUF file in the blocks of a checkpoint: quantizing finds their codes and scales again, where a code is at the end of its range. */
import { readFileSync } from "node:fs";
import { dequantize, type BlockType } from "@ropewalk/gguf";
import { inRepository } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  convertCheckpoint,
  holdFiles,
  inMemory,
  loadCheckpoint,
  loadGguf,
  quantizeBlocks,
  readDense,
  unpackCheckpoint,
  type Blocks,
} from "../../src/index.ts";

const unpacked = ({ elements, scales }: Blocks, bits: 4 | 8): Float32Array => {
  const code = (at: number): number =>
    bits === 8 ? elements[at]! - 128 : ((elements[at >> 1]! >> (4 * (at & 1))) & 15) - 8;
  return Float32Array.from({ length: 32 * scales.length }, (_, at) => scales[at >> 5]! * code(at));
};

/** A scale in float16 that is neither 0 nor infinite. */
const half = fc
  .tuple(fc.integer({ min: 0x0400, max: 0x7bff }), fc.boolean())
  .map(([bits, minus]) => bits | (minus ? 0x8000 : 0));

const bytesOfHalf = (bits: number): readonly number[] => [bits & 255, bits >> 8];

const someBytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** A block whose first element has the code that llama.cpp gives the element of the largest size. */
const blocks: Readonly<Record<string, readonly [bits: 4 | 8, block: fc.Arbitrary<readonly number[]>]>> = {
  Q4_0: [4, fc.tuple(half, someBytes(16)).map(([d, q]) => [...bytesOfHalf(d), q[0]! & 0xf0, ...q.subarray(1)])],
  Q5_0: [
    8,
    fc
      .tuple(half, someBytes(4), someBytes(16))
      .map(([d, h, q]) => [...bytesOfHalf(d), h[0]! & 0xfe, ...h.subarray(1), q[0]! & 0xf0, ...q.subarray(1)]),
  ],
  Q8_0: [
    8,
    fc
      .tuple(half, someBytes(32), fc.constantFrom(127, 129))
      .map(([d, q, most]) => [...bytesOfHalf(d), most, ...q.subarray(1).map((code) => (code === 128 ? 0 : code))]),
  ],
};

const cases = Object.entries(blocks).map(([type, [bits, block]]) => ({ type, bits, block }));

it.each([...cases, { ...cases[0]!, bits: 8 as const }])("$type is exact in $bits bits", ({ type, bits, block }) => {
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 4 }), (some) => {
      const values = dequantize(type as BlockType, Uint8Array.from(some.flat()));
      const again = unpacked(quantizeBlocks({ bits, blockSize: 32 }, values, values.length), bits);
      // A zero may change its sign.
      expect(again.findIndex((value, at) => value !== values[at])).toBe(-1);
    }),
  );
});

it("a file in Q8_0 that is converted to q8 has the same weights", async () => {
  const bytes = new Uint8Array(readFileSync(inRepository(`${ggufVectors}/stories260K-q8_0.gguf`)));
  const stored = await loadGguf("m.gguf", inMemory("m", { "m.gguf": bytes }));
  const dense = await stored.gguf!.asCheckpoint();
  const converted = await loadCheckpoint(await holdFiles("q8", await convertCheckpoint(dense, "q8")));
  const inBlocks = Object.keys(stored.decoder.tensors).filter(
    (name) => stored.tensors.get(name)!.type === "Q8_0" && converted.locateBlocks?.(name) !== undefined,
  );
  expect(inBlocks.length).toBeGreaterThan(20);
  expect(inBlocks.map((name) => converted.locateBlocks!(name)!.blockSize)).toEqual(inBlocks.map(() => 32));
  const again = await unpackCheckpoint(converted);
  for (const name of inBlocks) {
    const values = await readDense(dense, name);
    expect((await readDense(again, name)).findIndex((value, at) => value !== values[at])).toBe(-1);
  }
});

it("a file in blocks is not rounded when it is loaded: the error says what to do, and names nothing that the file does not have", async () => {
  const bytes = new Uint8Array(readFileSync(inRepository(`${ggufVectors}/llama-k.gguf`)));
  const stored = await loadGguf("m.gguf", inMemory("m", { "m.gguf": bytes }));
  await expect(convertCheckpoint(stored, "q4")).rejects.toThrow(
    /^quantize: m must not be quantized already, got weights in (?:4|8|4 and 8) bits; without quantize \(--quantize\) it runs as it is stored, and `ropewalk convert --quantize` rounds it once more, into a folder$/,
  );
});
