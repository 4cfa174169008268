/**
 * An export of one layer of attention that takes queries and keys as its input, and its attention in plain loops:
 *
 *     S_ij = least_i q(i) . k(j) / sqrt(headDim)      q and k rotated by the positions that the pair (i, j) has
 *     P    = softmax of S over the keys that a query sees
 */
import { encode, tape } from "@ropewalk/graph";

export const sizes = { numHeads: 4, numKvHeads: 2, headDim: 16, trainedContext: 64, theta: 10_000 } as const;
const { numHeads, numKvHeads, headDim, trainedContext, theta } = sizes;

/** Queries, keys and values of a token side by side. */
export const rowDim = (numHeads + 2 * numKvHeads) * headDim;

export const config: Readonly<Record<string, unknown>> = {
  max_position_embeddings: trainedContext,
  hidden_size: numHeads * headDim,
  num_attention_heads: numHeads,
  rope_theta: theta,
};

export const oneLayer = (): Uint8Array => {
  const t = tape();
  const past = ["key", "value"].map((kv) =>
    t.input(`past_key_values.0.${kv}`, "float32", ["batch", numKvHeads, "pastLen", headDim]),
  );
  const mask = t.input("attention_mask", "int64", ["batch", "totalLen"]);
  const total = t.op("Cast", [t.op("ReduceSum", [mask, t.constant("int64", [1], [1])], { keepdims: 0 })], { to: 6 });
  const last = t.op("Sub", [total, t.constant("int32", [1], [1])]);
  const [cos, sin] = [Math.cos, Math.sin].map((part) =>
    t.constant(
      "float32",
      [trainedContext, headDim / 2],
      Float32Array.from({ length: (trainedContext * headDim) / 2 }, (_, at) => {
        const [position, pair] = [Math.floor(at / (headDim / 2)), at % (headDim / 2)];
        return part(position * theta ** ((-2 * pair) / headDim));
      }),
    ),
  );
  const qkv = t.input("qkv", "float32", ["batch", "seqLen", rowDim]);
  const [out, key, value] = t.ops(
    "GroupQueryAttention",
    3,
    [qkv, undefined, undefined, ...past, last, total, cos, sin],
    { num_heads: numHeads, kv_num_heads: numKvHeads, do_rotary: 1 },
    { domain: "com.microsoft", name: "attention" },
  );
  t.output("out", out!);
  t.output("present.0.key", key!);
  t.output("present.0.value", value!);
  return encode(t.model());
};

/** What an extension does to a pair of tokens: the positions of query i and key j, and the factor of the query. */
export type PairRule = {
  readonly positions: (i: number, j: number) => readonly [query: number, key: number];
  readonly queryScale?: (i: number) => number;
  /** Whether a query sees a key that is not later than the query. */
  readonly sees?: (i: number, j: number) => boolean;
};

const rotated = (x: readonly number[], position: number): readonly number[] =>
  x.map((a, d) => {
    const half = headDim / 2;
    const angle = position * theta ** (-(d % half) / half);
    return d < half
      ? a * Math.cos(angle) - x[d + half]! * Math.sin(angle)
      : a * Math.cos(angle) + x[d - half]! * Math.sin(angle);
  });

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, d) => sum + x * b[d]!, 0);

/**
 * The weights of every head, query and key, [numHeads][tokens][tokens], for a prompt without padding.
 *
 * @param rows - queries, keys and values, [tokens][rowDim]
 */
export const weightsInLoops = (
  { positions, queryScale = () => 1, sees = () => true }: PairRule,
  rows: readonly (readonly number[])[],
): readonly (readonly (readonly number[])[])[] => {
  const part = (token: number, head: number): readonly number[] =>
    rows[token]!.slice(head * headDim, (head + 1) * headDim);
  return Array.from({ length: numHeads }, (_, h) =>
    rows.map((_, i) => {
      const scores = rows.map((_, j) => {
        if (j > i || !sees(i, j)) return -Infinity;
        const [at, from] = positions(i, j);
        const key = part(j, numHeads + Math.floor((h * numKvHeads) / numHeads));
        return (queryScale(i) * dot(rotated(part(i, h), at), rotated(key, from))) / Math.sqrt(headDim);
      });
      const largest = Math.max(...scores);
      const exponentials = scores.map((score) => Math.exp(score - largest));
      const sum = exponentials.reduce((a, b) => a + b);
      return exponentials.map((x) => x / sum);
    }),
  );
};
