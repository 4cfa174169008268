/** A decoder with an extension put on it, and how its cache is kept. */
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
  /** The model's, for errors. */
  readonly name?: string;
};

/**
 * {@link extendContext} of a decoder, and how its cache is to be kept.
 *
 * @throws RangeError as there, when the cache has another name, and when one for settled tokens alone is asked for where none settles
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
