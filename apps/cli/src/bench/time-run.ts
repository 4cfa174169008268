/** Times one run of a model: the prompt is prefilled in chunks, then tokens are decoded one by one. */
import { cacheBytes, createCache, prefill, releaseCache, runChunk, type LanguageModel } from "@ropewalk/generation";

/** Milliseconds per token. */
export type Cost = { readonly prefill: number; readonly decode: number };

export type RunCost = Cost & {
  /** Bytes of the key-value cache at the end. */
  readonly keyValueBytes: number;
};

export type RunOptions = {
  readonly chunkSize?: number | undefined;
  readonly signal: AbortSignal;
  /** Called with the tokens run since the last call. */
  readonly onTokens: (count: number) => void;
};

/** @param ids - `context` ids of the prompt, then one id for each step of decoding, at least one */
export const timeRun = async (
  { backend, session, extended }: LanguageModel,
  { ids, context }: { readonly ids: readonly number[]; readonly context: number },
  { chunkSize, signal, onTokens }: RunOptions,
): Promise<RunCost> => {
  let told = 0;
  const onProgress = (done: number): void => {
    onTokens(done - told);
    told = done;
  };
  let cache = createCache(backend, extended, { length: ids.length });
  try {
    const started = performance.now();
    ({ cache } = await prefill(session, cache, ids.slice(0, context), { chunkSize, signal, onProgress }));
    const prefilled = performance.now();
    for (const id of ids.slice(context)) {
      signal.throwIfAborted();
      ({ cache } = await runChunk(session, cache, [id], [0]));
    }
    const steps = ids.length - context;
    const decode = (performance.now() - prefilled) / steps;
    onTokens(steps);
    return { prefill: (prefilled - started) / context, decode, keyValueBytes: cacheBytes(cache) };
  } finally {
    releaseCache(cache);
  }
};
