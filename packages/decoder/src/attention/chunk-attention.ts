/** Attention over the cache and a chunk, for graphs that record the layers themselves: decoders and rewritten exports. */
import { checkOneOf } from "@ropewalk/check";
import { placeOfLayer } from "@ropewalk/context-extension";
import type { Tape, Value } from "@ropewalk/graph";
import { checkAttentions, measureOf, type AskedAttentions } from "./attention-outputs.ts";
import { attendIn } from "./attend-in-layer.ts";
import { cacheFormatOf } from "../cache/formats/index.ts";
import type { Attend } from "../decoder.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import type { Operators } from "../operators.ts";
import { declareGroup, declareShared } from "./shared-inputs.ts";

/** The attention of layer `index`, recorded on a tape of the same recording. */
export type LayerAttention = (scope: Tape, index: number) => Attend;

/**
 * Declares the inputs that all layers read, and gives the attention of each layer.
 *
 * @param ids - the chunk's tokens [seqLen]
 * @param attentions - the attention weights or entropies to output, and of which layers; absent: none
 * @returns the attention of layer `index`, recorded on a tape of the same recording; it declares that layer's part of the
 *   cache, and makes the layer's new keys and values outputs
 */
export const chunkAttention = (
  tape: Tape,
  extended: ExtendedDecoder,
  ids: Value,
  operators: Operators,
  attentions?: AskedAttentions,
): LayerAttention => {
  checkOneOf("chunkAttention", "operators", operators, ["all", "plain"]);
  if (attentions !== undefined) checkAttentions("chunkAttention", attentions, extended.decoder.numLayers);
  const format = cacheFormatOf(extended);
  if (!format.operators.includes(operators))
    throw new RangeError(
      `chunkAttention: a cache in ${extended.cache} needs a graph of ${format.operators.join(" or ")} operators, got one of ${operators}`,
    );
  const give = format.recent.give(tape);
  // Plain operators have no If: all heads are computed at once, however long the chunk is.
  const few = ({ all: undefined, plain: "always" } as const)[operators];
  const shared = declareShared(tape, extended, ids, few);
  const groups = extended.groups.map((_, place) => declareGroup(tape, shared, extended, place));
  return (scope, index) => {
    const own = groups[placeOfLayer(extended.groups, index)]!;
    return attendIn({ tape: scope, format, give, shared, own, index, measure: measureOf(attentions, index) });
  };
};
