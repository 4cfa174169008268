/** Ropewalk's loop on any backend: plain attention, since the others have nothing else. */
import type { Backend } from "@ropewalk/backend";
import { argmax, createCache, loadModel, prefill, releaseCache, runChunk } from "@ropewalk/generation";
import type { CheckpointFolder } from "@ropewalk/models";
import { runOf, type Engine } from "./workload.ts";

/** @param source - the checkpoint, as `loadModel` takes it */
export const ropewalk = async (source: string | CheckpointFolder, backend: Backend): Promise<Engine> => {
  const { session, extended } = await loadModel(source, { backend });
  return async ({ ids, newTokens }) => {
    const start = performance.now();
    const cache = createCache(backend, extended, { length: ids.length + newTokens });
    let result = await prefill(session, cache, ids);
    const tokens = [argmax(result.logits)];
    const moments = [performance.now()];
    while (tokens.length < newTokens) {
      result = await runChunk(session, result.cache, [tokens.at(-1)!], [0]);
      tokens.push(argmax(result.logits));
      moments.push(performance.now());
    }
    releaseCache(result.cache);
    return runOf(start, moments, tokens);
  };
};
