/** What a run leaves: all that it ran and gave out, as a prefix. */
import { releaseCache } from "../cache/cache.ts";
import type { Keeping } from "../conversation/keep-cache.ts";
import type { LeftPrefix } from "./prefix.ts";
import { prefixOf, type Reader } from "./read-prompt.ts";

/** @param onPrefix - given the prefix at the end of a run that was not cut off, and of which no token was run ahead of the others */
export const leaving = (reader: Reader, onPrefix: (prefix: LeftPrefix) => void): Keeping => {
  let all: readonly number[] | undefined;
  return {
    at: 0,
    onPrompt: () => {},
    onFinish: (ids) => (all = ids),
    onEnd: (cache) => {
      if (all === undefined || cache.length !== all.length - 1) return releaseCache(cache);
      onPrefix(prefixOf(reader, all, cache));
    },
  };
};
