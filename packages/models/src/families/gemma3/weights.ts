/** The weights of a Gemma 3, by name and shape: a Gemma 2's, and in each layer a norm of the queries' heads and one of the keys'. */
import type { FamilyWeights } from "../family-decoder.ts";
import { gemma2Weights, type Gemma2Layer } from "../gemma2/weights.ts";
import type { LlamaConfig } from "../llama/config.ts";
import { headNormsOf, type HeadNorms } from "../qwen3/weights.ts";

export type Gemma3Layer = Gemma2Layer & HeadNorms;

export type Gemma3Weights = FamilyWeights & { readonly layers: readonly Gemma3Layer[] };

export const gemma3Weights = (config: LlamaConfig): Gemma3Weights => {
  const gemma2 = gemma2Weights(config);
  const layers: readonly Gemma2Layer[] = gemma2.layers;
  return { ...gemma2, layers: layers.map((layer, index) => ({ ...layer, ...headNormsOf(config, index) })) };
};
