/**
 * Types with 256 elements to a block, d and e in float16 once a block, scales s and minimums m of few bits beside the codes q:
 *
 *     Q4_K   d, e, s and m of 32 elements (6 bits each), q (4 bits)           w = d s q - e m        144 bytes
 *     Q6_K   q (4 bits), the upper 2 bits, s of 16 elements (8 bits), d       w = d s (q - 32)       210 bytes
 *
 * Codes are rounded to the nearest; llama.cpp's own quantiser also searches for better scales.
 */
const size = 256;

const q4KWidth = 144;
const q6KWidth = 210;

export const q4KBytes = (elements: number): number => (elements / size) * q4KWidth;
export const q6KBytes = (elements: number): number => (elements / size) * q6KWidth;

/** The code that is nearest to x / step; 0 where all of a block is 0. */
const nearest = (x: number, step: number, least: number, most: number): number =>
  step === 0 ? 0 : Math.min(most, Math.max(least, Math.round(x / step)));

/** The float16 that is written, and what it stands for. */
const putHalf = (view: DataView, at: number, value: number): number => {
  view.setFloat16(at, value, true);
  return view.getFloat16(at, true);
};

const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

/** `count` runs of a block, as many elements each. */
const runsOf = (block: Float32Array, count: number): readonly Float32Array[] =>
  Array.from({ length: count }, (_, run) => block.subarray((run * size) / count, ((run + 1) * size) / count));

const putQ4K = (block: Float32Array, view: DataView): void => {
  const runs = runsOf(block, 8);
  const lows = runs.map((run) => -run.reduce((least, value) => Math.min(least, value), 0));
  const steps = runs.map((run, index) => (run.reduce((most, w) => Math.max(most, w), 0) + lows[index]!) / 15);
  const d = putHalf(view, 0, largest(steps) / 63);
  const e = putHalf(view, 2, largest(lows) / 63);
  const scales = steps.map((step) => nearest(step, d, 0, 63));
  const minimums = lows.map((low) => nearest(low, e, 0, 63));
  for (let run = 0; run < 4; run++) {
    const [s, m, later, laterM] = [scales[run]!, minimums[run]!, scales[run + 4]!, minimums[run + 4]!];
    view.setUint8(4 + run, s | ((later >> 4) << 6));
    view.setUint8(8 + run, m | ((laterM >> 4) << 6));
    view.setUint8(12 + run, (later & 15) | ((laterM & 15) << 4));
  }
  const code = (k: number): number => {
    const run = k >> 5;
    return nearest(block[k]! + e * minimums[run]!, d * scales[run]!, 0, 15);
  };
  for (let at = 0; at < size / 2; at++) {
    // Each 64 elements lie in 32 bytes: the first half in the low bits.
    const k = 64 * (at >> 5) + (at & 31);
    view.setUint8(16 + at, code(k) | (code(k + 32) << 4));
  }
};

const putQ6K = (block: Float32Array, view: DataView): void => {
  const steps = runsOf(block, 16).map((run) => run.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / 31);
  const d = putHalf(view, 208, largest(steps) / 127);
  const scales = steps.map((step) => nearest(step, d, 0, 127));
  for (const [run, scale] of scales.entries()) view.setInt8(192 + run, scale);
  const code = (k: number): number => nearest(block[k]!, d * scales[k >> 4]!, -32, 31) + 32;
  for (let half = 0; half < 2; half++)
    for (let k = 0; k < 32; k++) {
      const [a, b, c, f] = [0, 32, 64, 96].map((later) => code(128 * half + later + k)) as [
        number,
        number,
        number,
        number,
      ];
      view.setUint8(64 * half + k, (a & 15) | ((c & 15) << 4));
      view.setUint8(64 * half + 32 + k, (b & 15) | ((f & 15) << 4));
      view.setUint8(128 + 32 * half + k, (a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((f >> 4) << 6));
    }
};

const inBlocks =
  (width: number, put: (block: Float32Array, view: DataView) => void) =>
  (values: Float32Array): Uint8Array => {
    const bytes = new Uint8Array((values.length / size) * width);
    for (let block = 0; block < values.length / size; block++)
      put(values.subarray(block * size, (block + 1) * size), new DataView(bytes.buffer, block * width, width));
    return bytes;
  };

export const encodeQ4K = inBlocks(q4KWidth, putQ4K);
export const encodeQ6K = inBlocks(q6KWidth, putQ6K);
