/**
 * The formats in which a cache keeps keys and values, one row each. (A row states its type beside its value, because the type of
 * names is derived from the rows and declarations are emitted file by file.)
 */
import { float16 } from "./float16.ts";
import { float32 } from "./float32.ts";
import type { CacheFormat } from "./format.ts";
import { q8 } from "./q8.ts";

export const cacheFormats = {
  float32: float32 as CacheFormat,
  float16: float16 as CacheFormat,
  q8: q8 as CacheFormat,
} as const;

export type CachePrecision = keyof typeof cacheFormats;

export const cachePrecisions = Object.keys(cacheFormats) as readonly CachePrecision[];

export const cacheFormatOf = ({ cache }: { readonly cache: CachePrecision }): CacheFormat => cacheFormats[cache];
