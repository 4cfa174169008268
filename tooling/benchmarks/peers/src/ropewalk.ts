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
  type LanguageModel,
  type Prefix,
} from "@ropewalk/generation";
import type { CheckpointFolder } from "@ropewalk/models";
import { runOf, type Engine, type Run } from "./workload.ts";

/** Prompts behind a document, which is read once. */
const questionsTo = (model: LanguageModel) => {
  let after: Prefix | undefined;
  return async (document: readonly number[], ids: readonly number[], newTokens: number): Promise<Run> => {
    if (after === undefined || String(after.ids) !== String(document)) {
      after?.release();
      after = await model.read(document, { beyondCapacity: "allow" });
    }
    const tokens: number[] = [];
    const moments: number[] = [];
    const start = performance.now();
    const options = { after, maxNewTokens: newTokens, stopTokens: [], beyondCapacity: "allow" } as const;
    for await (const token of model.generateTokens(ids, options)) {
      moments.push(performance.now());
      tokens.push(token);
    }
    return runOf(start, moments, tokens);
  };
};

/** @param source - the checkpoint, as `loadModel` takes it */
export const ropewalk = async (
  source: string | CheckpointFolder,
  { backend, cache: precision }: { readonly backend: Backend; readonly cache: CachePrecision },
): Promise<Engine> => {
  const model = await loadModel(source, { backend, cache: precision });
  const { session, extended } = model;
  const behind = questionsTo(model);
  // Memory is kept from run to run, as the other engine with a context of its own keeps that.
  let cache: KeyValueCache | undefined;
  return async ({ ids, newTokens, document }) => {
    if (document !== undefined) return behind(document, ids, newTokens);
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
