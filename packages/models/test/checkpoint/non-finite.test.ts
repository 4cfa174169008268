import { firstNonFinite, type StoredElements } from "@ropewalk/models";
import { describe, expect, it } from "vitest";

/** Elements behind 8 bytes of something else, as in a file of several tensors. */
const stored = (type: StoredElements["type"], elements: Uint8Array): StoredElements => {
  const file = new Uint8Array(8 + elements.length);
  file.fill(0xff, 0, 8);
  file.set(elements, 8);
  const source = { size: file.length, read: async (from: number, to: number) => file.slice(from, to) };
  return { name: "w", type, source, offset: 8, length: elements.length };
};

const bytesOf = (bits: Uint16Array | Float32Array): Uint8Array => new Uint8Array(bits.buffer);

describe("the first weight that is no number", () => {
  it.each([
    ["float32", bytesOf(Float32Array.of(1, -3e38, NaN, Infinity)), 2, NaN],
    ["float32", bytesOf(Float32Array.of(1, -Infinity)), 1, -Infinity],
    ["float16", bytesOf(Uint16Array.of(0x7bff, 0x3c00, 0x7c00)), 2, Infinity],
    ["float16", bytesOf(Uint16Array.of(0xfe00)), 0, NaN],
    ["bfloat16", bytesOf(Uint16Array.of(0x7f7f, 0xff80)), 1, -Infinity],
  ] as const)("in %s is found at its place", async (type, elements, index, value) => {
    expect(await firstNonFinite(stored(type, elements))).toEqual({ tensor: "w", index, value });
  });

  it.each([
    ["float32", bytesOf(Float32Array.of(0, 3.4e38, -1e-40))],
    ["float16", bytesOf(Uint16Array.of(0x7bff, 0xfbff, 0x0001))],
    ["bfloat16", bytesOf(Uint16Array.of(0x7f7f, 0xff7f))],
    ["float32", new Uint8Array(0)],
  ] as const)("in %s is none where all are numbers", async (type, elements) => {
    expect(await firstNonFinite(stored(type, elements))).toBeUndefined();
  });
});
