/** A run whose cache is kept: a conversation goes on from the end of the prompt, and from the end of the run. */
import type { Session } from "@ropewalk/backend";
import { decoderOutputs } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import { prefillRows, type ChunkOptions, type RowsResult } from "../run/chunk-rows.ts";

export type Keeping = {
  /** After how many of the prompt's tokens `onPrompt` is called. 0: it is not called. */
  readonly at: number;
  /** Gets the run's cache when it holds that many tokens. The run goes on with the cache. */
  readonly onPrompt: (cache: KeyValueCache) => void;
  /** Gets all tokens of a run that was not aborted, and the stop token that ended it. */
  readonly onFinish?: (ids: readonly number[]) => void;
  /** Gets the run's cache at its end, whatever ended the run. The keeper has to release it. */
  readonly onEnd: (cache: KeyValueCache) => void;
};

/** Runs a prompt as `prefillRows` does, and calls `onPrompt` on the way. */
export const prefillKeeping = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  output: string,
  options: ChunkOptions,
  keeping: Keeping | undefined,
): Promise<RowsResult> => {
  const first = (keeping?.at ?? 0) - cache.length;
  if (keeping === undefined || first <= 0 || first >= ids.length)
    return prefillRows(session, cache, ids, output, options);
  const { onProgress, ...rest } = options;
  // The end of the first part is not reported as progress: a run without `onPrompt` has no chunk that ends there.
  const from = (done: number): ChunkOptions => ({
    ...rest,
    onProgress: onProgress && ((more) => done + more !== first && onProgress(done + more, ids.length)),
  });
  const begun = await prefillRows(session, cache, ids.slice(0, first), decoderOutputs.likeliest, from(0));
  keeping.onPrompt(begun.cache);
  return prefillRows(session, begun.cache, ids.slice(first), output, from(first));
};
