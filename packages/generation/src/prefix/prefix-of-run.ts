/** Keeps the cache of a finished run as a prefix: all tokens that it ran and gave out. */
import { releaseCache } from "../cache/cache.ts";
import type { Keeping } from "../generate/keep-cache.ts";
import type { LeftPrefix } from "./prefix.ts";
import { prefixOf, type Reader } from "./read-prompt.ts";

/**
 * @param onPrefix - gets the prefix when the run ends. Not called where the run was aborted, or where it ran further than the tokens that it
 *   gave out
 */
export const leaving = (reader: Reader, onPrefix: (prefix: LeftPrefix) => void): Keeping => {
  let all: readonly number[] | undefined;
  return {
    at: 0,
    onPrompt: () => {},
    onFinish: (ids) => {
      all = ids;
    },
    onEnd: (cache) => {
      if (all === undefined || cache.length !== all.length - 1) return releaseCache(cache);
      onPrefix(prefixOf(reader, all, cache));
    },
  };
};
