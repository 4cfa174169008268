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
import type { DecoderSizes } from "./decoder.ts";

/**
 * How a cache may keep the keys and values of settled tokens: as they are, in float16 as all of the cache then is,
 * or in 8 bits, in a quarter of the memory.
 */
export const cachePrecisions = ["float32", "float16", "q8"] as const;

export type CachePrecision = (typeof cachePrecisions)[number];

/** What the graph takes of keys and values that are not in 8 bits, and what it gives of new ones. */
export const elementType = ({ cache }: { readonly cache: CachePrecision }): "float32" | "float16" =>
  cache === "float16" ? "float16" : "float32";

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
 * @throws RangeError as there, when the cache has another name, and when one in q8 is asked for where no token settles
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
  if (cache === "q8" && !groups.some(settles))
    throw new RangeError(
      `extendDecoder: a cache in q8 needs tokens that leave the window and are still attended, got ${extended.positions.name}`,
    );
  return { decoder, cache, groups, ...extended };
};
