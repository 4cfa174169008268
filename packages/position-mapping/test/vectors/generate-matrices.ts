/**
 * The relative positions in self-extend-matrices.json and position-matrices.json, pair by pair from each method's definition. Nothing of
 * the package is used. Printed by
 *
 *   node packages/position-mapping/test/vectors/generate-matrices.ts self-extend
 *   node packages/position-mapping/test/vectors/generate-matrices.ts positions
 *
 * A test holds both files to these numbers. The files were first written by the same loops in Python, which prints 4.0 where JavaScript
 * prints 4.
 */

/** The relative position of query i and key j; null where the key is not attended to. */
type Relative = (i: number, j: number) => number | null;

export type Matrix = readonly (readonly (number | null)[])[];

const matrixOf = (length: number, relative: Relative): Matrix =>
  Array.from({ length }, (_, i) => Array.from({ length: i + 1 }, (__, j) => relative(i, j)));

const quotient = (a: number, b: number): number => Math.floor(a / b);

/** SelfExtend, arXiv 2401.01325: i - j within W; beyond it floor(i/G) + W - floor(W/G) - floor(j/G). */
const selfExtend =
  (W: number, G: number): Relative =>
  (i, j) =>
    i - j < W ? i - j : quotient(i, G) + W - quotient(W, G) - quotient(j, G);

/**
 * The variant of llama.cpp (`--grp-attn-n`, `--grp-attn-w`), one token at a time: positions of cached keys are divided where they lie once
 * a window of `w` is full, so the matrix depends on when that happened.
 */
const llamaCppMatrix = (length: number, w: number, n: number): Matrix => {
  let positions: number[] = [];
  let [next, begin] = [0, 0];
  const change = (from: number, to: number, changed: (position: number) => number): void => {
    positions = positions.map((position) => (position >= from && position < to ? changed(position) : position));
  };
  return Array.from({ length }, () => {
    while (next >= begin + w) {
      const windowsBefore = quotient(n * begin, w);
      const saved = quotient(w, n) * (n - 1);
      const shift = windowsBefore * saved;
      change(begin, next, (position) => position + shift);
      change(begin + shift, begin + shift + w, (position) => quotient(position, n));
      change(begin + shift + w, next + shift, (position) => position + quotient(w, n) - shift - w);
      next -= saved;
      begin += quotient(w, n);
    }
    positions.push(next);
    const row = positions.map((position) => next - position);
    next++;
    return row;
  });
};

/** ReRoPE: i - j within W, W beyond it. */
const reRope =
  (W: number): Relative =>
  (i, j) =>
    Math.min(i - j, W);

/** Leaky ReRoPE: i - j within W, W + (i - j - W) / s beyond it. */
const leakyReRope =
  (W: number, s: number): Relative =>
  (i, j) =>
    i - j < W ? i - j : W + (i - j - W) / s;

/**
 * Dual chunk attention, arXiv 2402.17463, chunks of c = chunkSize - localSize tokens: the key at j mod c; the query at i mod c in its own
 * chunk, at min(i mod c + c, chunkSize) in the one before, at min(2c - 1, chunkSize) in all others.
 */
const dualChunk =
  (chunkSize: number, localSize: number): Relative =>
  (i, j) => {
    const c = chunkSize - localSize;
    const chunksBetween = quotient(i, c) - quotient(j, c);
    if (chunksBetween === 0) return (i % c) - (j % c);
    if (chunksBetween === 1) return Math.min((i % c) + c, chunkSize) - (j % c);
    return Math.min(2 * c - 1, chunkSize) - (j % c);
  };

/** STRING, arXiv 2410.18745: d = i - j below `shiftFrom`, d - shiftFrom + window from there on. */
const string =
  (shiftFrom: number, window: number): Relative =>
  (i, j) =>
    i - j < shiftFrom ? i - j : i - j - shiftFrom + window;

/** LM-Infinite, arXiv 2308.16137, StreamingLLM, arXiv 2309.17453: the first `sinks` keys and the last `window`, distances up to `cap`. */
const sinks =
  (count: number, window: number, cap: number): Relative =>
  (i, j) =>
    i - j < window || j < count ? Math.min(i - j, cap) : null;

/** A mapping that nobody published: exact positions within `window`, groups of G up to `window2`, groups of G2 beyond. */
const threeBands = (window: number, window2: number, G: number, G2: number): Relative => {
  const shift = window - quotient(window, G);
  const shift2 = quotient(window2, G) + shift - quotient(window2, G2);
  return (i, j) => {
    if (i - j < window) return i - j;
    if (i - j < window2) return quotient(i, G) + shift - quotient(j, G);
    return quotient(i, G2) + shift2 - quotient(j, G2);
  };
};

/**
 * LaMPE, arXiv 2508.02308, of an input of N tokens: exact within `head` and in the last `tail` distances; between them positions are
 * mapped from N - 1 to `mappedLength`.
 */
const lampe = (N: number, head: number, mappedLength: number, tail: number): Relative => {
  const mapped = (position: number): number => quotient(mappedLength * position, N - 1);
  const shift = head - 1 - mapped(head);
  const farthest = N - 1 - tail;
  return (i, j) => {
    if (i - j < head) return i - j;
    if (i - j < N - tail) return mapped(i) + shift - mapped(j);
    return i - j - farthest + mapped(farthest) + shift;
  };
};

/** What self-extend-matrices.json holds, by the key that names the method, the number of tokens and the parameters. */
export const selfExtendMatrices = (): Readonly<Record<string, Matrix>> => ({
  se_L10_W4_G2: matrixOf(10, selfExtend(4, 2)),
  se_L16_W4_G2: matrixOf(16, selfExtend(4, 2)),
  se_L16_W4_G3: matrixOf(16, selfExtend(4, 3)),
  se_L16_W5_G2: matrixOf(16, selfExtend(5, 2)),
  se_L16_W6_G4: matrixOf(16, selfExtend(6, 4)),
  se_L12_W3_G4: matrixOf(12, selfExtend(3, 4)),
  llamacpp_main_L16_w4_n2_token_by_token: llamaCppMatrix(16, 4, 2),
  rerope_L10_w6: matrixOf(10, reRope(6)),
  leaky_L10_w4_k2: matrixOf(10, leakyReRope(4, 2)),
  dca_L12_c6_l2: matrixOf(12, dualChunk(6, 2)),
});

export type PositionMatrix = {
  readonly kind: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly rows: Matrix;
};

/** What position-matrices.json holds in `matrices`, without the notes. */
export const positionMatrices = (): readonly PositionMatrix[] => [
  { kind: "string", parameters: { shiftFrom: 4, window: 2 }, rows: matrixOf(10, string(4, 2)) },
  { kind: "string", parameters: { shiftFrom: 21, window: 8 }, rows: matrixOf(64, string(21, 8)) },
  { kind: "dual-chunk", parameters: { chunkSize: 6, localSize: 2 }, rows: matrixOf(12, dualChunk(6, 2)) },
  { kind: "dual-chunk", parameters: { chunkSize: 40, localSize: 10 }, rows: matrixOf(100, dualChunk(40, 10)) },
  { kind: "sinks", parameters: { sinks: 2, window: 5, cap: 4 }, rows: matrixOf(12, sinks(2, 5, 4)) },
  {
    kind: "three-bands",
    parameters: { window: 12, window2: 36, groupSize: 2, groupSize2: 6 },
    rows: matrixOf(64, threeBands(12, 36, 2, 6)),
  },
  {
    kind: "lampe",
    parameters: { length: 16, head: 4, mappedLength: 5, tail: 2 },
    rows: matrixOf(16, lampe(16, 4, 5, 2)),
  },
];

if (import.meta.main) {
  const matrices = process.argv[2] === "self-extend" ? selfExtendMatrices() : { matrices: positionMatrices() };
  console.log(JSON.stringify(matrices));
}
