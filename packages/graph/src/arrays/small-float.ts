// 16-bit floating-point numbers, as bits, to and from float64.
//
//   value = (-1)^sign * (2^M + m) * 2^(f - 1 + minExp - M)    for 0 < f < 2^E - 1
//   value = (-1)^sign * m * 2^(minExp - M)                    for f = 0
//
// with f the exponent field of E bits, m the mantissa field of M bits and minExp = 2 - 2^(E-1). All ones in f mean
// infinity (m = 0) or not a number. float16 is E = 5, M = 10 (IEEE 754 binary16); bfloat16 is E = 8, M = 7.

type Format = { readonly exponentBits: number; readonly mantissaBits: number };

export const float16: Format = { exponentBits: 5, mantissaBits: 10 };
export const bfloat16: Format = { exponentBits: 8, mantissaBits: 7 };

/** Nearest integer, ties to the even one. */
export const roundHalfEven = (x: number): number => {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
};

/** The 16 bits of the number nearest to x, ties to even; too large numbers become infinity. */
export const toBits = ({ exponentBits, mantissaBits }: Format, x: number): number => {
  const one = 2 ** mantissaBits;
  const infinity = (2 ** exponentBits - 1) * one;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  if (Number.isNaN(x)) return infinity + one / 2;
  const size = Math.abs(x);
  if (size === Infinity) return sign + infinity;
  const minExp = 2 - 2 ** (exponentBits - 1);
  const exponent = Math.max(minExp, Math.floor(Math.log2(size)));
  // The leading one of a normal number, and the carry of a rounding up, add one to the exponent field by themselves.
  const bits = (exponent - minExp) * one + roundHalfEven(size / 2 ** (exponent - mantissaBits));
  return sign + Math.min(bits, infinity);
};

/** The number that 16 bits stand for. */
export const fromBits = ({ exponentBits, mantissaBits }: Format, bits: number): number => {
  const one = 2 ** mantissaBits;
  const sign = bits & 0x8000 ? -1 : 1;
  const field = Math.floor((bits & 0x7fff) / one);
  const mantissa = bits % one;
  const smallest = 2 ** (2 - 2 ** (exponentBits - 1) - mantissaBits);
  if (field === 2 ** exponentBits - 1) return mantissa === 0 ? sign * Infinity : NaN;
  return field === 0 ? sign * mantissa * smallest : sign * (one + mantissa) * smallest * 2 ** (field - 1);
};
