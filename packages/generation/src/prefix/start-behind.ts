/**
 * Where a run begins: with nothing, or behind a prefix, in a fork of what was read. Where frequencies depend on the length and those of the
 * prefix do not hold for the run's, its keys are of no use, and it is run with the rest: as without it.
 */
import type { Backend } from "@ropewalk/backend";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { createCache, type KeyValueCache } from "../cache/cache.ts";
import { forkCache } from "../cache/fork.ts";
import { tokensHeld } from "../run/run.ts";
import type { Prefix } from "./prefix.ts";

export type Start = {
  /** The run's own: it releases it. */
  readonly cache: KeyValueCache;
  /** What is run. */
  readonly ids: readonly number[];
  /** Tokens that are not: they had been read. */
  readonly cachedTokens: number;
};

/** Starts a run of `length` tokens in all. */
export const startBehind = (
  { backend, extended }: { readonly backend: Backend; readonly extended: ExtendedDecoder },
  after: Pick<Prefix, "ids" | "cache"> | undefined,
  ids: readonly number[],
  length: number,
): Start => {
  const { cache, ids: read } = after ?? { ids: [] };
  const left = length - (cache?.length ?? 0);
  if (cache === undefined || tokensHeld(cache, left) < left)
    return { cache: createCache(backend, extended, { length }), ids: [...read, ...ids], cachedTokens: 0 };
  return { cache: forkCache(cache), ids: [...read.slice(cache.length), ...ids], cachedTokens: cache.length };
};
