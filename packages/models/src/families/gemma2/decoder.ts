/** The decoder of Gemma 2 and Gemma 3: Gemma's blocks with a norm around each, and logits that may be bounded. */
import { softcapped, zeroCenteredRmsNorm, type Decoder } from "@ropewalk/decoder";
import { scaledEmbeddings } from "../gemma/index.ts";
import { llamaVariant, type LlamaVariant } from "../llama/decoder.ts";
import type { Gemma2Config } from "./config.ts";
import type { Gemma2Layer } from "./weights.ts";

export const gemma2Decoder = <Layer extends Gemma2Layer>(
  family: string,
  config: Gemma2Config,
  own: Pick<LlamaVariant<Layer>, "weights" | "refine">,
): Decoder => {
  const decoder = llamaVariant(family, config, {
    ...own,
    norm: zeroCenteredRmsNorm,
    outputNorms: ({ attentionOutputNorm, feedForwardOutputNorm }) => ({
      attention: attentionOutputNorm,
      feedForward: feedForwardOutputNorm,
    }),
  });
  return {
    ...scaledEmbeddings(decoder),
    unembed: (builder, hidden) => softcapped(builder, config.logitSoftcap, decoder.unembed(builder, hidden)),
  };
};
