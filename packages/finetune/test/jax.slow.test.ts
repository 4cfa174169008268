/**
 * The whole of a two-layer Llama, its loss and every gradient, beside the same written for jax-js, on every backend here.
 *
 * In float64 the oracle leaves the error of float32 on this side alone: up to 8e-6 of a tensor's largest element. In float32, as
 * people run it, both sides err, and differ by no more than that.
 */
import { DType } from "@jax-js/jax";
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { compose, entropyAbf, logN, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import { llama } from "@ropewalk/models";
import type { Attention } from "@ropewalk/testing/jax/attention";
import { jaxStep, type Tensors } from "@ropewalk/testing/jax/gradients";
import { expect, it } from "vitest";
import { openLossGraph } from "../src/index.ts";

type Case = {
  readonly name: string;
  readonly batchSize: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly tied: boolean;
  /** Every label before this one is masked, and every seventh. */
  readonly learnedFrom: number;
  readonly extension?: ContextExtension;
  /** The same in the oracle's words. */
  readonly method?: Partial<Pick<Attention, "theta" | "selfExtend" | "logN">>;
};

const shape = { batchSize: 1, numHeads: 4, numKvHeads: 2, headDim: 8, tied: true, learnedFrom: 0 };
const cases: readonly Case[] = [
  { ...shape, name: "a few tokens", seqLen: 5 },
  { ...shape, name: "64 tokens, labels masked", seqLen: 64, learnedFrom: 20 },
  { ...shape, name: "batches, a head of its own", batchSize: 3, seqLen: 72, tied: false, learnedFrom: 9 },
  { ...shape, name: "one head of keys", seqLen: 100, numKvHeads: 1, headDim: 4 },
  { ...shape, name: "as many heads of keys", batchSize: 2, seqLen: 65, numKvHeads: 4, headDim: 16, tied: false },
  // Queries attend in blocks of 256.
  { ...shape, name: "more than a block of rows", seqLen: 300, learnedFrom: 100 },
  {
    ...shape,
    name: "Entropy-ABF",
    batchSize: 2,
    seqLen: 96,
    learnedFrom: 32,
    extension: entropyAbf({ trainedContext: 32, theta: 500_000, exemptLayers: 1 }),
    method: { theta: 500_000, logN: { trainedContext: 32, exemptLayers: 1 } },
  },
  {
    ...shape,
    name: "SelfExtend with log-n",
    batchSize: 2,
    seqLen: 130,
    learnedFrom: 40,
    extension: compose(selfExtend({ groupSize: 5, window: 24 }), logN({ trainedContext: 48 })),
    method: { selfExtend: { groupSize: 5, window: 24 }, logN: { trainedContext: 48, exemptLayers: 0 } },
  },
  {
    ...shape,
    name: "SelfExtend, more than a block of rows",
    seqLen: 290,
    numKvHeads: 1,
    tied: false,
    extension: selfExtend({ groupSize: 4, window: 32 }),
    method: { selfExtend: { groupSize: 4, window: 32 } },
  },
];

const sizes = { vocabSize: 37, hiddenDim: 24, feedForwardDim: 40, numLayers: 2, epsilon: 1e-5, theta: 10_000 };

/** Numbers in [-1, 1), the same every time. */
const random = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
};

const prepare = ({ batchSize, seqLen, numHeads, numKvHeads, headDim, tied, learnedFrom }: Case) => {
  const decoder = llama.read({
    model_type: "llama",
    vocab_size: sizes.vocabSize,
    hidden_size: sizes.hiddenDim,
    hidden_act: "silu",
    intermediate_size: sizes.feedForwardDim,
    num_hidden_layers: sizes.numLayers,
    head_dim: headDim,
    num_attention_heads: numHeads,
    num_key_value_heads: numKvHeads,
    max_position_embeddings: 64,
    rms_norm_eps: sizes.epsilon,
    rope_theta: sizes.theta,
    tie_word_embeddings: tied,
  });
  const next = random(7 + seqLen);
  // Queries and keys large enough that attention prefers some tokens to others.
  const parameters: Tensors = Object.fromEntries(
    Object.entries(decoder.tensors).map(([name, dims]) => {
      const length = dims.reduce((size, dim) => size * dim, 1);
      const data = Float32Array.from({ length }, () => (dims.length === 1 ? 1 + 0.3 * next() : 0.6 * next()));
      return [name, { dims, data }];
    }),
  );
  const ids = Array.from({ length: batchSize }, () =>
    Array.from({ length: seqLen }, () => Math.floor(((next() + 1) / 2) * sizes.vocabSize)),
  );
  const labels = ids.map((row) => row.map((id, t) => (t < learnedFrom || t % 7 === 6 ? -100 : id)));
  return { decoder, parameters, ids, labels };
};

/** The largest difference of any tensor, over that tensor's largest element. */
const worst = (
  got: Readonly<Record<string, ArrayLike<number>>>,
  expected: Readonly<Record<string, ArrayLike<number>>>,
): number => {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
  return Math.max(
    ...Object.entries(expected).map(([name, wanted]) => {
      const own = got[name]!;
      expect(own.length).toBe(wanted.length);
      let [difference, scale] = [0, 0];
      for (let at = 0; at < wanted.length; at++) {
        const apart = Math.abs(own[at]! - wanted[at]!);
        if (!(apart <= difference)) difference = apart;
        scale = Math.max(scale, Math.abs(wanted[at]!));
      }
      expect(scale, `${name} has gradients`).toBeGreaterThan(0);
      return difference / scale;
    }),
  );
};

const backends: readonly Backend[] = [cpu({ threads: 1 }), wasm()];

it.each(cases)("$name", async (one) => {
  const { decoder, parameters, ids, labels } = prepare(one);
  const { batchSize, seqLen, numHeads, numKvHeads, headDim, extension = {}, method } = one;
  const oracle = { ...sizes, numHeads, numKvHeads, headDim, ...method };
  const byJax = (dtype: DType) => jaxStep(oracle, parameters, ids, labels, dtype).gradients();
  const expected = [await byJax(DType.Float64), await byJax(DType.Float32)];
  for (const backend of backends)
    for (const gradientCheckpointing of [false, true]) {
      const graph = await openLossGraph({
        backend,
        batch: { batchSize, seqLen },
        gradientCheckpointing,
        extended: extendDecoder(decoder, extension),
        learned: Object.keys(parameters),
      });
      const { loss, gradients } = await graph.gradients(parameters, { ids, labels });
      await graph.release();
      for (const theirs of expected) {
        expect(Math.abs(loss - theirs.loss)).toBeLessThanOrEqual(1e-5);
        expect(worst(gradients, theirs.gradients)).toBeLessThanOrEqual(3e-5);
      }
    }
});
