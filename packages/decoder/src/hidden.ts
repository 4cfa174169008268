/** The layers of a decoder, one after another. */
import type { Value } from "@ropewalk/graph";
import type { LayerAttention } from "./chunk-attention.ts";
import type { Builder, Decoder } from "./decoder.ts";

/** Token ids [seqLen] to the hidden states [seqLen, hiddenDim] behind the last layer. */
export const recordHidden = (
  { tape, weights }: Builder,
  decoder: Decoder,
  ids: Value,
  attention: LayerAttention,
): Value => {
  let hidden = decoder.embed({ tape, weights }, ids);
  for (let index = 0; index < decoder.numLayers; index++) {
    const scope = tape.scope(`layers.${index}`);
    hidden = decoder.layer({ tape: scope, weights }, index, hidden, attention(scope.scope("attn"), index));
  }
  return hidden;
};
