/**
 * The cost of a request, counted from a decoder's sizes: L layers, H heads of d, P weights in the layers' matrices, V h in the head.
 *
 *   prefill   2 (N P + V h) + 4 H d L Σ c (s + c) + 2 H d L Σ c min(s, W)     chunks of c tokens behind s; W 0 for plain
 *   step      2 (P + V h) + 4 H d L N + 2 H d L min(N, W)                     operations
 *             a portable export scores every pair near and far: 6 H d L for each query and key, a prompt in one piece
 *             weights + head + cache(N)                                       bytes that are read
 *   cache     as `plannedCacheBytes` of generation counts it
 *   own       cache(W + 256 + n)                                              of a run of n tokens behind a prefix, at most
 */
import { extendDecoder, type CachePrecision, type Decoder } from "@ropewalk/decoder";
import { plannedCacheBytes } from "@ropewalk/generation";
import { parameterCount, weightBytes, type Checkpoint } from "@ropewalk/models";
import { extensionFor, window, type Method } from "./shapes.ts";

const chunkSize = 512;

const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

/** The numbers of weights that a token is multiplied with, in the layers' matrices and in the head. */
export const multiplied = ({ projections, tensors, unembedding }: Decoder) => ({
  layers: projections.reduce((sum, name) => sum + sizeOf(tensors[name]!), 0),
  head: sizeOf(tensors[unembedding]!),
});

/** Bytes of the weights in 16 and in 4 bits, stored, and read by a step, which reads one row of the embeddings. */
export const weightsOf = (decoder: Decoder) => {
  const tensors = new Map([[decoder.embedding, { type: "BF16" }]]) as unknown as Checkpoint["tensors"];
  const { float16, q4 } = weightBytes({ decoder, tensors } as Checkpoint);
  const embeddings = 2 * sizeOf(decoder.tensors[decoder.embedding]!);
  return { parameters: parameterCount(decoder), float16, q4, q4Read: q4 - embeddings };
};

const widthOf = (method: Method): number => (method === "SelfExtend" ? window : 0);

/** Products of a query with a key or a value, each 2 H d L operations. */
const pairsOf = (method: Method, from: number, to: number): number => {
  if (method === "portable") return 3 * (to - from) * to;
  let pairs = 0;
  for (let start = from; start < to; start += chunkSize) {
    const chunk = Math.min(chunkSize, to - start);
    pairs += chunk * (2 * (start + chunk) + Math.min(start, widthOf(method)));
  }
  return pairs;
};

const perPair = ({ numHeads, headDim, numLayers }: Decoder): number => 2 * numHeads * headDim * numLayers;

/** Operations of a prompt's tokens from `from` to `to`. */
export const prefillCost = (decoder: Decoder, method: Method, to: number, from = 0) => {
  const { layers, head } = multiplied(decoder);
  return {
    projections: 2 * ((to - from) * layers + head),
    attention: perPair(decoder) * pairsOf(method, from, to),
  };
};

export const operationsOf = ({ projections, attention }: ReturnType<typeof prefillCost>): number =>
  projections + attention;

export const cacheBytesOf = (decoder: Decoder, method: Method, cache: CachePrecision, length: number): number =>
  plannedCacheBytes(extendDecoder(decoder, extensionFor(method, length), { cache }), { length });

/** The bytes of cache that a run behind a prefix needs for itself. */
export const ownBytesOf = (decoder: Decoder, method: Method, cache: CachePrecision, newTokens: number): number =>
  cacheBytesOf(decoder, method, cache, widthOf(method) + 256 + newTokens);

/** A decode step behind N tokens, with weights in 4 bits. */
export const stepCost = (decoder: Decoder, method: Method, cache: CachePrecision, length: number) => {
  const { layers, head } = multiplied(decoder);
  const products = method === "portable" ? 3 * length : 2 * length + Math.min(length, widthOf(method));
  return {
    operations: 2 * (layers + head) + perPair(decoder) * products,
    bytes: weightsOf(decoder).q4Read + cacheBytesOf(decoder, method, cache, length),
  };
};
