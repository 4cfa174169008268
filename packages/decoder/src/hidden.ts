/** The layers of a decoder, one after another. */
import type { Value } from "@ropewalk/graph";
import { attendIn } from "./attend.ts";
import type { Builder, Decoder } from "./decoder.ts";
import type { ExtendedDecoder } from "./extend.ts";
import type { Ports } from "./ports.ts";
import { declareShared } from "./shared-inputs.ts";

/**
 * Token ids [seqLen] to the hidden states [seqLen, hiddenDim] behind the last layer.
 *
 * @param few - "always" where ids are never many
 */
export const recordHidden = (
  { tape, weights }: Builder,
  extended: ExtendedDecoder<Decoder>,
  ids: Value,
  ports: Ports,
  few?: "always",
): Value => {
  const { decoder } = extended;
  const shared = declareShared({ tape, read: ports.read }, extended, ids, few);
  let hidden = decoder.embed({ tape, weights }, ids);
  for (let index = 0; index < decoder.numLayers; index++) {
    const scope = tape.scope(`layers.${index}`);
    const attend = attendIn({ tape: scope.scope("attn"), extended, ports, shared, index });
    hidden = decoder.layer({ tape: scope, weights }, index, hidden, attend);
  }
  return hidden;
};
