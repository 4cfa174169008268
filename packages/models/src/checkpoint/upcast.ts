/** Stored elements as float32. That is exact: float32 holds every value of the narrower types. */
import type { WeightType } from "@ropewalk/decoder";
import { match } from "ts-pattern";

/** The float32 of each of the 65,536 float16 patterns. */
const halves = (): Float32Array =>
  Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits >>> 15 ? -1 : 1;
    const [exponent, fraction] = [(bits >>> 10) & 31, bits & 1023];
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });

/**
 * The elements as float32, in memory of their own.
 *
 * @param bytes - little-endian elements of that type, at any alignment
 */
export const upcast = (type: WeightType, bytes: Uint8Array): Float32Array =>
  match(type)
    .with("float32", () => new Float32Array(bytes.slice().buffer))
    .with("bfloat16", () => {
      const stored = new Uint16Array(bytes.slice().buffer);
      const bits = new Uint32Array(stored.length);
      for (let at = 0; at < stored.length; at++) bits[at] = stored[at]! << 16;
      return new Float32Array(bits.buffer);
    })
    .with("float16", () => {
      const stored = new Uint16Array(bytes.slice().buffer);
      const table = halves();
      return Float32Array.from(stored, (pattern) => table[pattern]!);
    })
    .exhaustive();
