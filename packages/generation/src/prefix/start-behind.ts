/**
 * Starts a run: with an empty cache, or in a fork of a prefix's cache. Where frequencies depend on the length and those of the prefix do not
 * hold for this run, its keys are of no use: the prefix is run again together with the rest.
 */
import type { Backend } from "@ropewalk/backend";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { createCache, type KeyValueCache } from "../cache/cache.ts";
import { forkCache } from "../cache/fork-cache.ts";
import { tokensBeforeReplanning } from "../run/planned-length.ts";
import type { Prefix } from "./prefix.ts";

export type Start = {
  /** The run's own cache, which the run releases. */
  readonly cache: KeyValueCache;
  /** The tokens that are still to be run. */
  readonly ids: readonly number[];
  /** How many tokens need not be run, since the prefix has them. */
  readonly cachedTokens: number;
};

/** Starts a run that will have `length` tokens, those of the prefix included. */
export const startBehind = (
  { backend, extended }: { readonly backend: Backend; readonly extended: ExtendedDecoder },
  after: Pick<Prefix, "ids" | "cache"> | undefined,
  ids: readonly number[],
  length: number,
): Start => {
  const { cache, ids: read } = after ?? { ids: [] };
  const left = length - (cache?.length ?? 0);
  if (cache === undefined || tokensBeforeReplanning(cache, left) < left)
    return { cache: createCache(backend, extended, { length }), ids: [...read, ...ids], cachedTokens: 0 };
  return { cache: forkCache(cache), ids: [...read.slice(cache.length), ...ids], cachedTokens: cache.length };
};
