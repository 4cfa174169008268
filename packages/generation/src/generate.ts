/** Tokens in, tokens out: prefill the prompt in chunks, then one token a step until a stop token or the asked number. */
import type { Backend, Session } from "@ropewalk/backend";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { cacheBytes, createCache, releaseCache } from "./cache.ts";
import { beyondCapacity, type BeyondCapacity } from "./capacity.ts";
import { checkIds } from "./check-ids.ts";
import { prefill, runChunk } from "./run.ts";
import { sample, startSampling, type Sampling } from "./sampling.ts";

export type GenerateOptions = {
  /** Default 128, or fewer when the capacity leaves fewer. */
  readonly maxNewTokens?: number;
  /** Default greedy. */
  readonly sampling?: Sampling;
  /** Tokens that end the text and are not given out. Default: the checkpoint's own. */
  readonly stopTokens?: readonly number[];
  /** A run longer than the capacity is refused unless this says "allow". */
  readonly beyondCapacity?: BeyondCapacity;
  /** Tokens a prefill chunk, at most. Default 512. */
  readonly chunkSize?: number;
  readonly signal?: AbortSignal;
  /** Called after each prefill chunk with the tokens done and the prompt's length. */
  readonly onPrefill?: (done: number, total: number) => void;
  /** Called once at the end of a run that was not cut off, with what it took. */
  readonly onDone?: (stats: GenerationStats) => void;
};

export type GenerationStats = {
  readonly promptTokens: number;
  readonly newTokens: number;
  /** Milliseconds for the prompt, and for the tokens after the first. */
  readonly prefillTime: number;
  readonly decodeTime: number;
  /** Bytes of the key-value cache at the end. */
  readonly cacheBytes: number;
};

/** What a run needs of a loaded model. */
export type LoadedGraph = {
  readonly backend: Backend;
  readonly session: Session;
  readonly extended: ExtendedDecoder;
  readonly stopTokens: readonly number[];
};

const defaultNewTokens = 128;

const newTokensFor = (asked: number | undefined, room: number): number => {
  if (asked === undefined) return Math.max(1, Math.min(defaultNewTokens, room));
  if (!Number.isInteger(asked) || asked < 1)
    throw new RangeError(`generate: maxNewTokens must be a positive integer, got ${asked}`);
  return asked;
};

/**
 * Streams the tokens after a prompt.
 *
 * @throws RangeError when an id is outside the vocabulary, an option is out of range, or prompt and new tokens exceed the
 *   capacity and `beyondCapacity` is not "allow"; whatever the signal was aborted with
 */
export const generateTokens = async function* (
  { backend, session, extended, stopTokens }: LoadedGraph,
  ids: readonly number[],
  options: GenerateOptions = {},
): AsyncGenerator<number, void, undefined> {
  const { sampling = { kind: "greedy" }, chunkSize, signal } = options;
  checkIds("generate", ids, extended.decoder.vocabSize);
  const maxNewTokens = newTokensFor(options.maxNewTokens, extended.capacity - ids.length);
  const length = ids.length + maxNewTokens;
  const problem = beyondCapacity(extended, length);
  if (problem !== undefined && options.beyondCapacity !== "allow") throw new RangeError(`generate: ${problem}`);
  const stops = new Set(options.stopTokens ?? stopTokens);
  let state = startSampling(sampling);
  signal?.throwIfAborted();

  let cache = createCache(backend, extended, { length });
  try {
    const started = performance.now();
    const prompt = await prefill(session, cache, ids, { chunkSize, signal, onProgress: options.onPrefill });
    const prefilled = performance.now();
    let { logits } = prompt;
    cache = prompt.cache;
    let newTokens = 0;
    for (;;) {
      const sampled = sample(sampling, state, logits);
      state = sampled.state;
      if (stops.has(sampled.token)) break;
      newTokens += 1;
      yield sampled.token;
      if (newTokens === maxNewTokens) break;
      signal?.throwIfAborted();
      ({ logits, cache } = await runChunk(session, cache, [sampled.token], [0]));
    }
    options.onDone?.({
      promptTokens: ids.length,
      newTokens,
      prefillTime: prefilled - started,
      decodeTime: performance.now() - prefilled,
      cacheBytes: cacheBytes(cache),
    });
  } finally {
    releaseCache(cache);
  }
};
