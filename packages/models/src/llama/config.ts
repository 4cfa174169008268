/** The numbers of a Llama, read from its config.json. */
import type { DecoderRope } from "@ropewalk/decoder";
import { check } from "../check.ts";
import {
  configObject,
  number,
  optionalFlag,
  optionalPositiveInteger,
  optionalText,
  positiveInteger,
} from "../config-object.ts";
import { readRope, trainedContext } from "../rope-config.ts";

export type LlamaConfig = {
  readonly vocabSize: number;
  readonly hiddenDim: number;
  readonly feedForwardDim: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly trainedContext: number;
  /** Added to the mean square in every norm. */
  readonly epsilon: number;
  readonly rope: DecoderRope;
  /** Whether the four projections of attention have biases, and the three of the feed-forward. */
  readonly attentionBias: boolean;
  readonly feedForwardBias: boolean;
  /** Whether logits are taken with the embedding, or with a matrix of their own. */
  readonly unembedding: { readonly kind: "tied" } | { readonly kind: "own" };
};

/** Far above any model there is, and low enough that a broken config is told so and not tried. */
const mostLayers = 10_000;

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readLlamaConfig = (json: unknown): LlamaConfig => {
  const config = configObject("llama.read: config.json", json);
  const { at } = config;
  const hiddenDim = positiveInteger(config, "hidden_size");
  const numHeads = positiveInteger(config, "num_attention_heads");
  const numKvHeads = optionalPositiveInteger(config, "num_key_value_heads") ?? numHeads;
  check(
    numHeads % numKvHeads === 0,
    `${at}: num_key_value_heads must divide num_attention_heads ${numHeads}`,
    numKvHeads,
  );
  const statedHeadDim = optionalPositiveInteger(config, "head_dim");
  check(
    statedHeadDim !== undefined || hiddenDim % numHeads === 0,
    `${at}: num_attention_heads must divide hidden_size ${hiddenDim} where head_dim is absent`,
    numHeads,
  );
  const headDim = statedHeadDim ?? hiddenDim / numHeads;
  const activation = optionalText(config, "hidden_act");
  check(activation === "silu", `${at}: hidden_act must be "silu"`, activation);
  return {
    vocabSize: positiveInteger(config, "vocab_size"),
    hiddenDim,
    feedForwardDim: positiveInteger(config, "intermediate_size"),
    numLayers: positiveInteger(config, "num_hidden_layers", mostLayers),
    numHeads,
    numKvHeads,
    headDim,
    trainedContext: trainedContext(config),
    epsilon: number(config, "rms_norm_eps", { above: 0 }),
    rope: readRope(config, headDim),
    attentionBias: optionalFlag(config, "attention_bias") ?? false,
    feedForwardBias: optionalFlag(config, "mlp_bias") ?? false,
    unembedding: { kind: (optionalFlag(config, "tie_word_embeddings") ?? false) ? "tied" : "own" },
  };
};
