/**
 * Weights in blocks: B elements of a row share a scale, and each is an integer of 4 or 8 bits.
 *
 *     w ≈ scale (q - z),   q = clamp(round(w / scale) + z, 0, 2z - 1),   z = 2^(bits - 1)
 *
 * Symmetric: zero has a code of its own, and no zero point is stored. The scale is chosen for a small squared error. With m the element of
 * largest size, sign included, the candidates are -m / z, -m / (z - 1), m / (z - 1) and -m / (z + 1). The best of them gives codes q, and the
 * scale that fits these codes, sum(w q) / sum(q²), is taken where its error is smaller still.
 */
import { check, checkKeys } from "@ropewalk/check";

/** A matrix [out, in] in blocks; the last block of a row is filled up with zeros. */
export type Blocks = {
  /** [out, blocks of a row, blockSize * bits / 8]; of two halves of a byte the lower one comes first. */
  readonly elements: Uint8Array;
  /** [out, blocks of a row] */
  readonly scales: Float32Array;
};

export type BlockForm = {
  readonly bits: 4 | 8;
  /** Even. */
  readonly blockSize: number;
};

/** The element of `values[from, to)` with the largest absolute value. */
const largest = (values: Float32Array, from: number, to: number): number => {
  let most = 0;
  let size = 0;
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    if (Math.abs(value) > size) {
      most = value;
      size = Math.abs(value);
    }
  }
  return most;
};

/** The codes of a block under a scale, and their squared error. */
type Rounded = { readonly codes: Int8Array; scale: number; error: number };

/** Rounds `values[from, to)` under a scale, into `rounded`. */
const round = (
  rounded: Rounded,
  values: Float32Array,
  [from, to]: readonly [number, number],
  scale: number,
  zero: number,
): void => {
  const { codes } = rounded;
  const inverse = 1 / scale;
  let error = 0;
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    const nearest = Math.floor(value * inverse + 0.5);
    const code = nearest < -zero ? -zero : nearest >= zero ? zero - 1 : nearest;
    codes[at - from] = code;
    const difference = value - code * scale;
    error += difference * difference;
  }
  rounded.scale = scale;
  rounded.error = error;
};

/** The scale for which these codes have the least squared error. */
const fittingScale = (
  { codes, scale }: Rounded,
  values: Float32Array,
  [from, to]: readonly [number, number],
): number => {
  let [products, squares] = [0, 0];
  for (let at = from; at < to; at++) {
    const code = codes[at - from]!;
    products += values[at]! * code;
    squares += code * code;
  }
  return squares === 0 ? scale : Math.fround(products / squares);
};

const checkFinite = (values: Float32Array): void => {
  // The sum is 0 if and only if all are finite. Asking each by a function would take longer than the rounding.
  let sum = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    sum += value - value;
  }
  if (sum === 0) return;
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  throw new RangeError(`quantizeBlocks: values must be finite, got ${values[wrong]} at index ${wrong}`);
};

/**
 * Rounds rows of a matrix to blocks.
 *
 * @param values - [rows, inner], row-major
 * @throws RangeError and TypeError naming the argument, the rule and the value; an element that is not finite by its index
 */
export const quantizeBlocks = (form: BlockForm, values: Float32Array, inner: number): Blocks => {
  const { bits, blockSize } = checkKeys<BlockForm>("quantizeBlocks", "form", form, { bits: true, blockSize: true });
  check(bits === 4 || bits === 8, "quantizeBlocks: bits must be 4 or 8", bits, "number");
  check(
    Number.isSafeInteger(blockSize) && blockSize > 0 && blockSize % 2 === 0,
    "quantizeBlocks: blockSize must be an even integer above 0",
    blockSize,
    "number",
  );
  check(
    Number.isSafeInteger(inner) && inner > 0 && values.length % inner === 0,
    `quantizeBlocks: inner must be an integer above 0 that divides the ${values.length} values`,
    inner,
    "number",
  );
  checkFinite(values);
  const rows = values.length / inner;
  const blocks = Math.ceil(inner / blockSize);
  const zero = 2 ** (bits - 1);
  const blockBytes = (blockSize * bits) / 8;
  const elements = new Uint8Array(rows * blocks * blockBytes);
  const scales = new Float32Array(rows * blocks);
  const fresh = (): Rounded => ({ codes: new Int8Array(blockSize), scale: 0, error: Infinity });
  let [best, tried] = [fresh(), fresh()];
  for (let block = 0; block < rows * blocks; block++) {
    const row = Math.floor(block / blocks);
    const from = row * inner + (block % blocks) * blockSize;
    const range = [from, Math.min(from + blockSize, (row + 1) * inner)] as const;
    const attempt = (scale: number): void => {
      // The scale is too small for float32: the block stays all zeros.
      if (scale === 0) return;
      round(tried, values, range, scale, zero);
      if (tried.error < best.error) [best, tried] = [tried, best];
    };
    const most = largest(values, ...range);
    // Elements beyond the row, and all of a block of zeros, have the code of zero.
    best.codes.fill(0);
    tried.codes.fill(0);
    best.scale = 0;
    best.error = Infinity;
    if (most !== 0) {
      for (const divisor of [zero, zero - 1, 1 - zero, zero + 1]) attempt(Math.fround(-most / divisor));
      attempt(fittingScale(best, values, range));
    }
    const { codes, scale } = best;
    scales[block] = scale;
    const place = block * blockBytes;
    if (bits === 8) for (let k = 0; k < blockSize; k++) elements[place + k] = codes[k]! + zero;
    else
      for (let k = 0; k < blockSize; k += 2)
        elements[place + k / 2] = (codes[k]! + zero) | ((codes[k + 1]! + zero) << 4);
  }
  return { elements, scales };
};
