/** A decoder with its context extension, its groups of layers and the format of its cache. */
import { checkKeys, oneOf, optional } from "@ropewalk/check";
import {
  extendContext,
  extendGroups,
  settles,
  type ContextExtension,
  type ExtendedContext,
  type ExtendedGroup,
} from "@ropewalk/context-extension";
import { cacheFormats, cachePrecisions, type CachePrecision } from "./cache/formats/index.ts";
import type { DecoderSizes } from "./decoder.ts";

export type ExtendedDecoder<D extends DecoderSizes = DecoderSizes> = ExtendedContext & {
  readonly decoder: D;
  /** In the order of their first layers. */
  readonly groups: readonly ExtendedGroup[];
  readonly cache: CachePrecision;
  /** The model's name, for errors. */
  readonly name?: string;
};

/**
 * A decoder with a context extension, as {@link extendContext} gives it, and the format of its cache.
 *
 * @throws RangeError as `extendContext`, when the cache format is unknown, and when it needs tokens that settle but none do
 */
export const extendDecoder = <D extends DecoderSizes>(
  decoder: D,
  extension: ContextExtension,
  options: { readonly cache?: CachePrecision } = {},
): ExtendedDecoder<D> => {
  const { cache = "float32" } = checkKeys("extendDecoder", "options", options, {
    cache: optional(oneOf(cachePrecisions)),
  });
  const extended = extendContext(decoder, extension);
  const groups = extendGroups(decoder, extension);
  if (cacheFormats[cache].settledOnly && !groups.some(settles))
    throw new RangeError(
      `extendDecoder: a cache in ${cache} needs tokens that leave the window and are still attended, got ${extended.positions.name}`,
    );
  return { decoder, cache, groups, ...extended };
};
