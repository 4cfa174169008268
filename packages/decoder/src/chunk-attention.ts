/** Attention over the cache and a chunk, for whoever records the layers around it. */
import type { Tape, Value } from "@ropewalk/graph";
import { attendIn } from "./attend.ts";
import type { Attend } from "./decoder.ts";
import type { ExtendedDecoder } from "./extend.ts";
import { declareShared } from "./shared-inputs.ts";

/**
 * Declares what all layers read, and gives the attention of each.
 *
 * @param ids - the chunk's tokens [seqLen]
 * @returns the attention of layer `index`, recorded on a tape of the same recording; it declares that layer's part of the
 *   cache, and gives the layer's new keys and values out
 */
export const chunkAttention = (
  tape: Tape,
  extended: ExtendedDecoder,
  ids: Value,
): ((scope: Tape, index: number) => Attend) => {
  const shared = declareShared(tape, extended, ids);
  return (scope, index) => attendIn({ tape: scope, extended, shared, index });
};
