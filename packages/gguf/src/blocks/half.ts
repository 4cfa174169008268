/** Numbers of 16 bits as float32, which holds each of them exactly. */

/** The float32 of each of the 65,536 patterns of float16. */
const table = (): Float32Array =>
  Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits >>> 15 ? -1 : 1;
    const [exponent, fraction] = [(bits >>> 10) & 31, bits & 1023];
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });

let made: Float32Array | undefined;

/** The float32 of each pattern of float16, made when it is first asked for. */
export const halves = (): Float32Array => (made ??= table());
