/**
 * SelfExtend attention of one head over L tokens, headDim 4, theta 10,000, pairs (c, c + 2) rotated together, in plain float64 loops:
 *
 *   q[i][c] = sin(1 + 0.7 i + 0.3 c)     k[j][c] = cos(0.5 + 0.4 j + 0.9 c)     v[j][c] = sin(0.2 j - 0.5 c) + 0.1 j
 *
 *   s(i, j) = rotate(q[i], i) · rotate(k[j], j) / 2                                      i - j < W
 *             rotate(q[i], floor(i/G) + W - floor(W/G)) · rotate(k[j], floor(j/G)) / 2   otherwise
 *
 * with one causal softmax over all keys. Nothing of the package is used. Printed by
 *
 *   node packages/attention-merge/test/vectors/generate-self-extend-attention.ts
 *
 * self-extend-attention.json was first written by the same formulas in numpy. A test holds it to these numbers to 1e-15.
 */
const headDim = 4;
const theta = 10_000;

type Vector = readonly number[];

const vectorOf = (element: (c: number) => number): Vector => Array.from({ length: headDim }, (_, c) => element(c));

const rotate = (x: Vector, position: number): Vector => {
  const half = headDim / 2;
  return vectorOf((c) => {
    const angle = position * theta ** (-(c % half) / half);
    const [other, sign] = c < half ? [x[c + half]!, -1] : [x[c - half]!, 1];
    return x[c]! * Math.cos(angle) + sign * other * Math.sin(angle);
  });
};

const dot = (x: Vector, y: Vector): number => x.reduce((sum, element, c) => sum + element * y[c]!, 0);

const query = (i: number): Vector => vectorOf((c) => Math.sin(1 + 0.7 * i + 0.3 * c));
const key = (j: number): Vector => vectorOf((c) => Math.cos(0.5 + 0.4 * j + 0.9 * c));
const value = (j: number): Vector => vectorOf((c) => Math.sin(0.2 * j - 0.5 * c) + 0.1 * j);

export type HeadOutput = {
  readonly out_last: Vector;
  readonly p_last: readonly number[];
  readonly out: readonly Vector[];
};

const attend = (length: number, W: number, G: number): HeadOutput => {
  const score = (i: number, j: number): number => {
    const isNear = i - j < W;
    const queryPosition = isNear ? i : Math.floor(i / G) + W - Math.floor(W / G);
    const keyPosition = isNear ? j : Math.floor(j / G);
    return dot(rotate(query(i), queryPosition), rotate(key(j), keyPosition)) / Math.sqrt(headDim);
  };
  const probabilities = (i: number): readonly number[] => {
    const scores = Array.from({ length: i + 1 }, (_, j) => score(i, j));
    const largest = Math.max(...scores);
    const weights = scores.map((each) => Math.exp(each - largest));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  };
  const output = (i: number): Vector => {
    const p = probabilities(i);
    return vectorOf((c) => p.reduce((sum, probability, j) => sum + probability * value(j)[c]!, 0));
  };
  const out = Array.from({ length }, (_, i) => output(i));
  return { out_last: out.at(-1)!, p_last: probabilities(length - 1), out };
};

/** What self-extend-attention.json holds, by the key that names the number of tokens, W and G. */
export const selfExtendAttention = (): Readonly<Record<string, HeadOutput>> => ({
  L8_W3_G2: attend(8, 3, 2),
  L10_W4_G2: attend(10, 4, 2),
  L16_W4_G3: attend(16, 4, 3),
});

if (import.meta.main) console.log(JSON.stringify(selfExtendAttention()));
