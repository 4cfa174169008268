/**
 * Attention of whole sequences over themselves, for jax-js:
 *
 *   score(i, j) = s_i R(p) q_i · R(p') k_j / √d,  p - p' = rel(i, j),  j <= i
 *
 *   plain        rel = i - j
 *   SelfExtend   rel = i - j                                       for i - j < W      arXiv 2401.01325
 *                      floor(i/G) + W - floor(W/G) - floor(j/G)    for the others
 *   log-n        s_i = max(1, ln(i + 1) / ln c) in all layers but the first few, 1 there      arXiv 2401.07004
 *
 * R turns the pair (x_m, x_(m + d/2)) by p theta^(-2m/d): Su et al., arXiv 2104.09864.
 */
import { nn, numpy as np, type DType } from "@jax-js/jax";

export type Attention = {
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly theta: number;
  readonly selfExtend?: { readonly groupSize: number; readonly window: number };
  readonly logN?: { readonly trainedContext: number; readonly exemptLayers: number };
};

type Numbers = Readonly<Record<string, np.Array>>;

/** Angles, scales and distances of sequences from position 0 on. Angles are worked out in float64. */
export const attentionNumbers = (
  { headDim, theta, selfExtend, logN }: Attention,
  seqLen: number,
  dtype: DType,
): Numbers => {
  const half = headDim / 2;
  const array = (shape: number[], at: (index: number) => number): np.Array => {
    const length = shape.reduce((size, dim) => size * dim, 1);
    return np
      .array(
        Float64Array.from({ length }, (_, index) => at(index)),
        { shape },
      )
      .astype(dtype);
  };
  const turned = (name: string, position: (token: number) => number): Numbers => {
    const angle = (index: number): number =>
      position(Math.floor(index / half)) * theta ** ((-2 * (index % half)) / headDim);
    return {
      [`${name}.cos`]: array([seqLen, 1, half], (index) => Math.cos(angle(index))),
      [`${name}.sin`]: array([seqLen, 1, half], (index) => Math.sin(angle(index))),
    };
  };
  const own = turned("own", (token) => token);
  const scale =
    logN === undefined
      ? {}
      : { scale: array([seqLen, 1, 1], (token) => Math.max(1, Math.log(token + 1) / Math.log(logN.trainedContext))) };
  if (selfExtend === undefined) return { ...own, ...scale };
  const { groupSize, window } = selfExtend;
  const group = (token: number): number => Math.floor(token / groupSize);
  return {
    ...{ ...own, ...scale },
    ...turned("farQuery", (token) => group(token) + window - group(window)),
    ...turned("farKey", group),
    // [seqLen, seqLen]: i - j
    distance: array([seqLen, seqLen], (index) => Math.floor(index / seqLen) - (index % seqLen)),
  };
};

/** x [batchSize, seqLen, heads, headDim], turned by the angles of a name. */
const rotated = (x: np.Array, numbers: Numbers, name: string): np.Array => {
  const [cos, sin] = [numbers[`${name}.cos`]!, numbers[`${name}.sin`]!];
  const [a, b] = np.split(x, 2, -1) as [np.Array, np.Array];
  return np.concatenate([a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref)), b.mul(cos.ref).add(a.mul(sin.ref))], -1);
};

export type Projections = { readonly query: np.Array; readonly key: np.Array; readonly value: np.Array };

/** Projections [batchSize, seqLen, heads, headDim] in, the same shape out, of as many heads as queries have. */
export const attention = (
  { numHeads, numKvHeads, headDim, selfExtend, logN }: Attention,
  numbers: Numbers,
  layer: number,
  { query, key, value }: Projections,
): np.Array => {
  const scaled = logN === undefined || layer < logN.exemptLayers ? query : query.mul(numbers["scale"]!.ref);
  if (selfExtend === undefined)
    return nn.dotProductAttention(rotated(scaled, numbers, "own"), rotated(key, numbers, "own"), value, {
      isCausal: true,
    });

  /** [batchSize, heads, seqLen, headDim], keys and values once for each head of queries. */
  const byHead = (x: np.Array): np.Array =>
    np.transpose(x.shape[2] === numHeads ? x : np.repeat(x, numHeads / numKvHeads, 2), [0, 2, 1, 3]);
  const scores = (queries: string, keys: string): np.Array => {
    const turnedKeys = np.transpose(byHead(rotated(key.ref, numbers, keys)), [0, 1, 3, 2]);
    return np.matmul(byHead(rotated(scaled.ref, numbers, queries)), turnedKeys).mul(headDim ** -0.5);
  };
  const distance = numbers["distance"]!;
  const near = np.less(distance.ref, selfExtend.window);
  const joined = np.where(near, scores("own", "own"), scores("farQuery", "farKey"));
  scaled.dispose();
  key.dispose();
  const causal = np.where(np.less(distance.ref, 0), -Infinity, joined);
  return np.transpose(np.matmul(nn.softmax(causal, -1), byHead(value)), [0, 2, 1, 3]);
};
