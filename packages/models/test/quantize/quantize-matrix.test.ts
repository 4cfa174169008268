/** A matrix that is read in several goes. */
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { expect, it } from "vitest";
import { llama, type Checkpoint } from "../../src/index.ts";
import { quantizeMatrix } from "../../src/quantize/quantize-matrix.ts";

it("puts the rows of every go in their place", async () => {
  // Above 2^23 elements, and 87 / 89 of a length is no whole number in float64.
  const [out, inner] = [89, 96_160];
  const goes: number[] = [];
  /** bfloat16: row + 1 in even rows, 0 in odd ones; made when it is asked for. */
  const read = async (from: number, to: number): Promise<Uint8Array> => {
    const rows = Array.from({ length: (to - from) / 2 / inner }, (_, i) => from / 2 / inner + i);
    goes.push(rows.length);
    const stored = new Uint16Array(rows.length * inner);
    for (const [i, row] of rows.entries())
      if (row % 2 === 0)
        stored.fill(new Uint32Array(Float32Array.of(row + 1).buffer)[0]! >>> 16, i * inner, (i + 1) * inner);
    return new Uint8Array(stored.buffer);
  };
  const length = 2 * out * inner;
  const file = { source: { size: length, read }, external: { kind: "path", folder: "", file: "w" } } as const;
  const checkpoint: Checkpoint = {
    kind: "checkpoint",
    name: "large",
    folder: { name: "large", file: async () => undefined },
    decoder: { ...llama.read(smallConfig), tensors: { w: [out, inner] } },
    extension: () => ({}),
    tensors: new Map(),
    files: [file],
    tokenizer: undefined,
    bosToken: undefined,
    stopTokens: [],
    locate: () => ({ location: "w", offset: 0, length, type: "bfloat16" }),
  };
  const { elements, scales } = await quantizeMatrix(checkpoint, "w", { bits: 4, blockSize: 32 });
  expect(goes).toEqual([87, 2]);
  const perRow = inner / 32;
  const wrong = Array.from({ length: out }, (_, row) => row).filter((row) => {
    const isZero = row % 2 === 1;
    const codes = elements.subarray(row * perRow * 16, (row + 1) * perRow * 16);
    const steps = scales.subarray(row * perRow, (row + 1) * perRow);
    // The largest element is code 0: its scale is -m / 8.
    return !(
      codes.every((byte) => byte === (isZero ? 0x88 : 0)) && steps.every((s) => s === (isZero ? 0 : -(row + 1) / 8))
    );
  });
  expect(wrong).toEqual([]);
});
