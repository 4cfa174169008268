/** Every pattern of the narrow types, against the language's own numbers. */
import { expect, it } from "vitest";
import { upcast } from "../../src/checkpoint/upcast.ts";

const patterns = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
const bytes = new Uint8Array(patterns.buffer);

/** To the bit, the sign of zero included; one NaN is as good as another. */
const expectSame = (got: Float32Array, wanted: (bits: number) => number): void => {
  expect(got).toHaveLength(patterns.length);
  const wrong = [...patterns].filter((pattern) => !Object.is(got[pattern], wanted(pattern)));
  expect(wrong).toEqual([]);
};

/** Digits of a binary fraction, for a definition that computes with no exponent. */
const float16 = (pattern: number): number => {
  const digits = pattern.toString(2).padStart(16, "0");
  const sign = digits.startsWith("1") ? "-" : "";
  const [exponent, fraction] = [parseInt(digits.slice(1, 6), 2), digits.slice(6)];
  if (exponent === 31) return fraction.includes("1") ? NaN : Number(`${sign}Infinity`);
  // 2^24 times the number is an integer.
  const scaled = exponent === 0 ? parseInt(fraction, 2) : parseInt(`1${fraction}${"0".repeat(exponent - 1)}`, 2);
  return Number(`${sign}1`) * (scaled / 16_777_216);
};

const float32 = (pattern: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, pattern);
  return view.getFloat32(0);
};

it("upcasts every float16", () => {
  expectSame(upcast("float16", bytes), float16);
});

it("upcasts every bfloat16", () => {
  expectSame(upcast("bfloat16", bytes), float32);
});

it("reads bytes at any alignment, and leaves them alone", () => {
  const values = Float32Array.of(1, -2.5, 1e-40);
  for (const shift of [0, 1, 2, 3]) {
    const whole = new Uint8Array(shift + 12);
    whole.set(new Uint8Array(values.buffer), shift);
    const part = whole.subarray(shift);
    expect(upcast("float32", part)).toEqual(values);
    upcast("float32", part)[0] = 7;
    expect(upcast("float32", part)).toEqual(values);
    expect(upcast("bfloat16", part)).toHaveLength(6);
    expect(upcast("float16", part)).toHaveLength(6);
    // The upper halves of the float32 numbers, as bfloat16.
    expect(upcast("bfloat16", part)[1]).toBe(1);
  }
  expect(upcast("float16", new Uint8Array(0))).toEqual(new Float32Array(0));
});
