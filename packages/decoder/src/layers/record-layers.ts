/** The layers of a decoder, one after another. */
import type { Value } from "@ropewalk/graph";
import type { LayerAttention } from "../attention/chunk-attention.ts";
import type { Builder, Decoder } from "../decoder.ts";

/**
 * Token ids [seqLen] to the hidden states [seqLen, hiddenDim] after the last layer.
 *
 * @param between - applied to the hidden states after the embedding (`layers` 0) and after each layer; its result is read by the next
 *   layer. Default: the states unchanged
 */
export const recordHidden = (
  { tape, ...builder }: Builder,
  decoder: Decoder,
  ids: Value,
  attention: LayerAttention,
  between: (hidden: Value, layers: number) => Value = (hidden) => hidden,
): Value => {
  let hidden = between(decoder.embed({ tape, ...builder }, ids), 0);
  for (let index = 0; index < decoder.numLayers; index++) {
    const scope = tape.scope(`layers.${index}`);
    const next = decoder.layer({ tape: scope, ...builder }, index, hidden, attention(scope.scope("attn"), index));
    hidden = between(next, index + 1);
  }
  return hidden;
};
