/**
 * Finds the numbers of an attention that is written in basic operators. Its own operators are run, and their output is compared with
 *
 *     out = softmax(softcap(scale q kᵀ) + mask) v      query head h with key-value head floor(h numKvHeads / numHeads)
 */
import { ndArray, type NodeProto } from "@ropewalk/graph";
import { check } from "../../errors.ts";
import { evaluateFor, noise, trialInputs } from "./evaluate-value.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";

/** The names of an attention's values, and its sizes. */
export type Tried = {
  readonly node: NodeProto;
  readonly scores: string;
  readonly output: string;
  readonly query: string;
  readonly keys: string;
  readonly values: string;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly window: number | undefined;
};

const pastLen = 3;
const queryLen = 2;
const totalLen = pastLen + queryLen;

type Inputs = { readonly q: Float32Array; readonly k: Float32Array; readonly v: Float32Array };

const inputsOf = ({ numHeads, numKvHeads, headDim }: Tried, size: number): Inputs => ({
  q: noise(numHeads * queryLen * headDim, 2).map((x) => x * size),
  k: noise(numKvHeads * totalLen * headDim, 3),
  v: noise(numKvHeads * totalLen * headDim, 4),
});

const run = (view: ExportView, tried: Tried, { q, k, v }: Inputs, name: string): Float64Array => {
  const { node, numHeads, numKvHeads, headDim } = tried;
  const feeds = trialInputs(view, { pastLen, queryLen })
    .set(tried.query, ndArray("float32", [1, numHeads, queryLen, headDim], q))
    .set(tried.keys, ndArray("float32", [1, numKvHeads, totalLen, headDim], k))
    .set(tried.values, ndArray("float32", [1, numKvHeads, totalLen, headDim], v));
  return evaluateFor(view, { node, name, what: "what leads to" }, feeds).data;
};

/** The dot product of a query and a key. */
const product = (tried: Tried, { q, k }: Inputs, head: number, c: number, t: number): number => {
  const { numHeads, numKvHeads, headDim } = tried;
  const [fromQ, fromK] = [
    (head * queryLen + c) * headDim,
    (Math.floor((head * numKvHeads) / numHeads) * totalLen + t) * headDim,
  ];
  let sum = 0;
  for (let d = 0; d < headDim; d++) sum += q[fromQ + d]! * k[fromK + d]!;
  return sum;
};

/** The score of the last query with its own key, which no mask hides, for queries of a size, and their dot product. */
const scoreOf = (view: ExportView, tried: Tried, size: number): { readonly score: number; readonly dot: number } => {
  const inputs = inputsOf(tried, size);
  const [c, t] = [queryLen - 1, totalLen - 1];
  const score = run(view, tried, inputs, tried.scores)[c * totalLen + t];
  return { score: score ?? NaN, dot: product(tried, inputs, 0, c, t) };
};

/** Scale and softcap, from a score that is too small to be bent by a cap, and from one so large that the cap alone shows. */
const readNumbers = (view: ExportView, tried: Tried): { readonly scale: number; readonly softcap: number } => {
  const [small, large] = [scoreOf(view, tried, 1e-4), scoreOf(view, tried, 1e6)];
  const scale = small.score / small.dot;
  const capped = Math.abs(large.score / large.dot / scale - 1) > 1e-3;
  return { scale: Math.fround(scale), softcap: capped ? Math.abs(large.score) : 0 };
};

/** The output of one query in plain loops, [headDim]. */
const attend = (tried: Tried, inputs: Inputs, numbers: { scale: number; softcap: number }, head: number, c: number) => {
  const { numHeads, numKvHeads, headDim, window = Infinity } = tried;
  const { scale, softcap } = numbers;
  const weights = Array.from({ length: totalLen }, (_, t) => {
    const distance = pastLen + c - t;
    if (distance < 0 || distance >= window) return 0;
    const score = scale * product(tried, inputs, head, c, t);
    return Math.exp(softcap === 0 ? score : softcap * Math.tanh(score / softcap));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const from = Math.floor((head * numKvHeads) / numHeads) * totalLen;
  return Array.from(
    { length: headDim },
    (_, d) => weights.reduce((sum, weight, t) => sum + weight * inputs.v[(from + t) * headDim + d]!, 0) / total,
  );
};

/**
 * The scale and the softcap of an attention.
 *
 * @throws RangeError when the operators compute no attention, or one with other heads
 */
export const tryAttention = (view: ExportView, tried: Tried): { readonly scale: number; readonly softcap: number } => {
  const { node, numHeads, headDim, output } = tried;
  const numbers = readNumbers(view, tried);
  const inputs = inputsOf(tried, 1);
  const got = run(view, tried, inputs, output);
  const wanted = Array.from({ length: numHeads * queryLen }, (_, row) =>
    attend(tried, inputs, numbers, Math.floor(row / queryLen), row % queryLen),
  ).flat();
  const same = got.length === wanted.length && wanted.every((x, i) => Math.abs(x - got[i]!) < 1e-3);
  check(
    same,
    `${describeNode(node)} must attend with ${numHeads} query heads of ${headDim} dimensions, as config.json says, and give softmax(scale q k) v`,
    `another result at "${output}" (scale ${numbers.scale}, softcap ${numbers.softcap})`,
  );
  return numbers;
};
