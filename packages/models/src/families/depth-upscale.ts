/**
 * Depth up-scaling, Kim et al., arXiv 2312.15166, section 2: two copies of a decoder of n layers, the first without its last m layers, behind
 * it the second without its first m.
 *
 *     s = 2 (n - m),     layer i of s = layer i of n              where i < n - m
 *                                       layer i - n + 2 m of n    elsewhere
 *
 * SOLAR 10.7B was made from Mistral 7B with n = 32 and m = 8: 48 layers. Then it was trained further; without that, the deeper model is only
 * a starting point.
 */
import { checkConfig } from "@ropewalk/check";
import { extendedKind } from "@ropewalk/context-extension";
import type { Decoder } from "@ropewalk/decoder";

/**
 * A deeper decoder on the same weights: both copies of a layer read the same tensors, and attend as that layer does.
 *
 * @param config.drop - m, how many layers are left out of each copy
 * @throws RangeError when drop is not an integer from 0 to n - 1, or leaves no layer that attends to everything and rotates where there was one
 */
export const depthUpscale = (decoder: Decoder, config: { readonly drop: number }): Decoder => {
  const { drop } = checkConfig("depthUpscale", config, { drop: true });
  const { numLayers } = decoder;
  if (!Number.isInteger(drop) || drop < 0 || drop >= numLayers)
    throw new RangeError(
      `depthUpscale: drop must be an integer from 0 to ${numLayers - 1}, below the decoder's ${numLayers} layers, got ${drop}`,
    );
  const kept = numLayers - drop;
  const from = (index: number): number => (index < kept ? index : index - kept + drop);
  const attention =
    decoder.attention && Array.from({ length: 2 * kept }, (_, index) => decoder.attention![from(index)]!);
  const extended = attention && extendedKind(attention);
  if (attention && (extended === undefined || extended.slidingWindow !== decoder.slidingWindow))
    throw new RangeError(`depthUpscale: drop must leave a layer that attends to everything and rotates, got ${drop}`);
  return {
    ...decoder,
    numLayers: 2 * kept,
    ...(attention && { attention }),
    layer: (builder, index, hidden, attend) => decoder.layer(builder, from(index), hidden, attend),
  };
};
