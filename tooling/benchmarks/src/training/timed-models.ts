/** The models that a training step is timed on: Llamas with random weights, the same in every process. */
import type { Decoder } from "@ropewalk/decoder";
import { llama } from "@ropewalk/models";
import type { Tensors } from "@ropewalk/testing/jax/gradients";
import type { JaxLlama } from "@ropewalk/testing/jax/llama";
import { noise, tokens } from "@ropewalk/testing/numbers/noise";

const shapes = {
  /** The shape of stories260K. */
  stories260k: { vocabSize: 512, hiddenDim: 64, feedForwardDim: 172, numLayers: 5, numHeads: 8, numKvHeads: 4 },
  "llama-4x256": { vocabSize: 2048, hiddenDim: 256, feedForwardDim: 688, numLayers: 4, numHeads: 8, numKvHeads: 4 },
} as const;

export type ModelName = keyof typeof shapes;
export const modelNames: readonly ModelName[] = Object.keys(shapes) as ModelName[];

export type TrainedModel = {
  readonly decoder: Decoder;
  readonly parameters: Tensors;
  /** The same model as jax-js takes it. */
  readonly jax: JaxLlama;
};

const [epsilon, theta] = [1e-5, 10_000];

export const trainedModel = (name: ModelName): TrainedModel => {
  const { vocabSize, hiddenDim, feedForwardDim, numLayers, numHeads, numKvHeads } = shapes[name];
  const decoder = llama.read({
    model_type: "llama",
    hidden_act: "silu",
    tie_word_embeddings: true,
    max_position_embeddings: 2048,
    vocab_size: vocabSize,
    hidden_size: hiddenDim,
    intermediate_size: feedForwardDim,
    num_hidden_layers: numLayers,
    num_attention_heads: numHeads,
    num_key_value_heads: numKvHeads,
    rms_norm_eps: epsilon,
    rope_theta: theta,
  });
  // Sizes that keep the length of rows: norms around 1, matrices of deviation 1 / √in.
  const parameters = Object.entries(decoder.tensors).map(([tensor, dims], index) => {
    const numbers = noise(
      dims.reduce((size, dim) => size * dim, 1),
      index,
    );
    const data =
      dims.length === 1 ? numbers.map((x) => 1 + 0.1 * x) : numbers.map((x) => x * Math.sqrt(3 / dims.at(-1)!));
    return [tensor, { dims, data }] as const;
  });
  return {
    decoder,
    parameters: Object.fromEntries(parameters),
    jax: { numLayers, numHeads, numKvHeads, headDim: hiddenDim / numHeads, epsilon, theta },
  };
};

/** One sequence whose tokens are all learned. */
export const sequence = ({ decoder }: TrainedModel, seqLen: number): readonly (readonly number[])[] => [
  tokens(decoder.vocabSize, seqLen),
];
