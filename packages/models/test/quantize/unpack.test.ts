import { checkpointFolders } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadCheckpoint, quantizeBlocks, quantizeCheckpoint, unpackBlocks, unpackCheckpoint } from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";

const matrices = fc
  .record({ rows: fc.integer({ min: 1, max: 4 }), inner: fc.integer({ min: 1, max: 70 }) })
  .chain(({ rows, inner }) =>
    fc
      .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: rows * inner, maxLength: rows * inner })
      .map((values) => ({ inner, values: Float32Array.from(values) })),
  );

describe("unpackBlocks", () => {
  it.each([4, 8] as const)("gives numbers that rounding to %i bits again leaves as they are", (bits) => {
    const form = { bits, blockSize: 32 };
    fc.assert(
      fc.property(matrices, ({ inner, values }) => {
        const unpacked = unpackBlocks(form, quantizeBlocks(form, values, inner), inner);
        expect(unpacked).toHaveLength(values.length);
        const again = unpackBlocks(form, quantizeBlocks(form, unpacked, inner), inner);
        for (const [at, value] of unpacked.entries()) {
          expect(Math.abs(again[at]! - value)).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(value)));
          // Never further off than a step, of a block whose largest element takes the last code but one.
          expect(Math.abs(value - values[at]!)).toBeLessThanOrEqual(2 * (2 / (2 ** (bits - 1) - 1)));
        }
      }),
    );
  });

  it("takes the lower half of a byte first, and the scale of each block", () => {
    const blocks = { elements: Uint8Array.of(0x98, 0x0f, 0x80, 0x88), scales: Float32Array.of(2, 10) };
    expect(Array.from(unpackBlocks({ bits: 4, blockSize: 4 }, blocks, 7))).toEqual([0, 2, 14, -16, -80, 0, 0]);
    const wide = { elements: Uint8Array.of(127, 128, 255, 0), scales: Float32Array.of(0.5, 1) };
    expect(Array.from(unpackBlocks({ bits: 8, blockSize: 2 }, wide, 4))).toEqual([-0.5, 0, 127, -128]);
  });
});

describe("unpackCheckpoint", () => {
  it.each(["llama", "stories260K"] as const)("has every tensor of %s dense, near the original", async (name) => {
    const original = await loadCheckpoint(await openFolder(checkpointFolders[name]));
    const unpacked = await unpackCheckpoint(await quantizeCheckpoint(original, "q8"));
    for (const [tensor, dims] of Object.entries(original.decoder.tensors)) {
      expect(unpacked.locateBlocks?.(tensor)).toBeUndefined();
      const read = async ({ locate, files }: typeof original): Promise<Float32Array> => {
        const { location, offset, length, type } = locate(tensor);
        expect(type).toBe("float32");
        const { source } = files.find(({ external }) => external.file === location)!;
        return new Float32Array((await source.read(offset, offset + length)).slice().buffer);
      };
      const [now, before] = [await read(unpacked), await read(original)];
      expect(now).toHaveLength(dims.reduce((size, dim) => size * dim, 1));
      const most = Math.max(...before.map(Math.abs));
      expect(Math.max(...now.map((value, at) => Math.abs(value - before[at]!)))).toBeLessThanOrEqual(most / 100);
    }
  });

  it("leaves a checkpoint without blocks as it is", async () => {
    const original = await loadCheckpoint(await openFolder(checkpointFolders.llama));
    expect((await unpackCheckpoint(original)).files).toBe(original.files);
  });
});
