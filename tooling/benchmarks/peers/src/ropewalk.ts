/** Ropewalk's loop on any backend: plain attention, since the others have nothing else. */
import type { Backend } from "@ropewalk/backend";
import type { CachePrecision } from "@ropewalk/decoder";
import {
  argmax,
  createCache,
  loadModel,
  prefill,
  releaseCache,
  resetCache,
  runChunk,
  type KeyValueCache,
} from "@ropewalk/generation";
import type { CheckpointFolder } from "@ropewalk/models";
import { runOf, type Engine } from "./workload.ts";

/** @param source - the checkpoint, as `loadModel` takes it */
export const ropewalk = async (
  source: string | CheckpointFolder,
  { backend, cache: precision }: { readonly backend: Backend; readonly cache: CachePrecision },
): Promise<Engine> => {
  const { session, extended } = await loadModel(source, { backend, cache: precision });
  // Memory is kept from run to run, as the other engine with a context of its own keeps that.
  let cache: KeyValueCache | undefined;
  return async ({ ids, newTokens }) => {
    const length = ids.length + newTokens;
    if (cache === undefined || cache.planned < length) {
      if (cache !== undefined) releaseCache(cache);
      cache = createCache(backend, extended, { length });
    }
    const start = performance.now();
    let result = await prefill(session, resetCache(cache), ids);
    const tokens = [argmax(result.logits)];
    const moments = [performance.now()];
    while (tokens.length < newTokens) {
      result = await runChunk(session, result.cache, [tokens.at(-1)!], [0]);
      tokens.push(argmax(result.logits));
      moments.push(performance.now());
    }
    ({ cache } = result);
    return runOf(start, moments, tokens);
  };
};
