/** A run whose cache is not gone with it: a conversation goes on from what it had read, and from its end. */
import type { Session } from "@ropewalk/backend";
import { decoderOutputs } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import { prefillRows, type ChunkOptions, type RowsResult } from "../run/run.ts";

export type Keeping = {
  /** Of the prompt's tokens, how many are looked at on the way; 0: none. */
  readonly at: number;
  /** Given the run's cache when it holds them; the run goes on with it. */
  readonly onPrompt: (cache: KeyValueCache) => void;
  /** Told at the end of a run that was not cut off of all its tokens, and of the stop token that ended it. */
  readonly onFinish?: (ids: readonly number[]) => void;
  /** Given the run's cache at its end, whatever ended it: it is the keeper's from then on. */
  readonly onEnd: (cache: KeyValueCache) => void;
};

/** As `prefillRows`, with a look at the cache on the way. */
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
  // The look is no step of its own: where the first part is done, the chunk behind it says so.
  const from = (done: number): ChunkOptions => ({
    ...rest,
    onProgress: onProgress && ((more) => done + more !== first && onProgress(done + more, ids.length)),
  });
  const begun = await prefillRows(session, cache, ids.slice(0, first), decoderOutputs.likeliest, from(0));
  keeping.onPrompt(begun.cache);
  return prefillRows(session, begun.cache, ids.slice(first), output, from(first));
};
