/**
 * Several decode steps in one run: the graph picks each next token itself, and the cache is handed over once for all steps.
 *
 * Bytes for each token that go to the device, and come back, on a backend whose tensors do not stay there. A token's keys and values take
 * K = 8 numLayers numKvHeads headDim bytes, n tokens are cached, and a run has N steps:
 *
 *   step by step     n K          in, K and 4 vocabSize out, or 8 when greedy
 *   N steps a run    n K / N      in, K and 8 out
 *
 * This is for one band. With two bands, keys in the ring are there twice. Llama 3.2 1B at 8,192 tokens, N = 32: 537 MB against 17 MB.
 */
import { float64, int64, type HostTensor, type Session } from "@ropewalk/backend";
import { decoderInputs, decoderOutputs } from "@ropewalk/decoder";
import { byKind, checkKeys, positive } from "@ropewalk/check";
import { append, untilSettling } from "../cache/append.ts";
import { runOn } from "../cache/cache-life.ts";
import type { KeyValueCache } from "../cache/cache.ts";
import { checkNumbers } from "./check-numbers.ts";
import { chunkFeeds } from "./chunk-feeds.ts";
import { longestNext, replanned } from "./chunk-rows.ts";
import { tokensBeforeReplanning } from "./planned-length.ts";
import { drawUniform, type Drawn, type SamplerState } from "../sampling/random.ts";
import { samplingNotInMultiStep, type Sampling } from "../sampling/sampling.ts";

/** The sessions of the chunk graph and of the multi-step graph. */
export type MultiStepSessions = { readonly session: Session; readonly multiStepSession: Session };

export type MultiStepOptions = {
  readonly sampling: Sampling;
  readonly state: SamplerState;
  /** Tokens that end the run. */
  readonly stopTokens: readonly number[];
  /** How many steps are run, at most. */
  readonly steps: number;
};

export type MultiStepResult = {
  /** The tokens that follow the first, one for each step that was run. Only the last of them can be a stop token. */
  readonly tokens: readonly number[];
  readonly state: SamplerState;
  /** The cache with the first token in it, and with all tokens that follow but the last. */
  readonly cache: KeyValueCache;
};

/** A random number for each step. Greedy sampling does not look at them. */
const draws = ({ sampling, state }: MultiStepOptions, steps: number): readonly Drawn[] =>
  byKind<Sampling, readonly Drawn[], []>("runMultiStep", "sampling", sampling, {
    greedy: () => Array.from({ length: steps }, (): Drawn => ({ uniform: 0, state })),
    sample: () => {
      const drawn: Drawn[] = [];
      for (let step = 0; step < steps; step++) drawn.push(drawUniform(drawn.at(-1)?.state ?? state));
      return drawn;
    },
  });

/** The numbers of the sampling. Greedy sampling is a choice among the one most likely token. */
const samplingFeeds = (sampling: Sampling, vocabSize: number): Readonly<Record<string, HostTensor>> => {
  const numbers = byKind<Sampling, Readonly<Record<"topK" | "temperature" | "topP", number>>, []>(
    "runMultiStep",
    "sampling",
    sampling,
    {
      greedy: () => ({ topK: 1, temperature: 1, topP: 1 }),
      sample: ({ topK = vocabSize, temperature, topP = 1 }) => ({ topK, temperature, topP }),
    },
  );
  return {
    [decoderInputs.topK]: int64([1], [Math.min(numbers.topK, vocabSize)]),
    [decoderInputs.temperature]: float64([1], Float64Array.of(numbers.temperature)),
    [decoderInputs.topP]: float64([1], Float64Array.of(numbers.topP)),
  };
};

/** Fed in place of a stop token where there is none. */
const noToken = -1;

/**
 * Runs the token `first` and the tokens that follow it, until a stop token comes or as many steps are done as asked for. The run ends
 * earlier where tokens settle, where the frequencies change and where a chunk would be too long, so that every step sees the cache that it
 * would see step by step.
 *
 * @throws TypeError unless the cache is the value that was handed out last; RangeError for a sampling that the graph does not have
 */
export const runMultiStep = (
  sessions: MultiStepSessions,
  cache: KeyValueCache,
  first: number,
  options: MultiStepOptions,
): Promise<MultiStepResult> =>
  runOn("runMultiStep", cache, () => {
    checkKeys("runMultiStep", "options", options, { sampling: true, state: true, stopTokens: true, steps: positive });
    const beyond = samplingNotInMultiStep(options.sampling);
    if (beyond !== undefined)
      throw new RangeError(`runMultiStep: sampling must be what the graph of several steps has, got ${beyond}`);
    return stepsFrom(sessions, cache, first, options);
  });

const stepsFrom = async (
  { session, multiStepSession }: MultiStepSessions,
  cache: KeyValueCache,
  first: number,
  options: MultiStepOptions,
): Promise<MultiStepResult> => {
  const { extended } = cache;
  const most = Math.min(options.steps, longestNext(cache), untilSettling(cache));
  const ready = await replanned(session, cache, cache.length + Math.max(1, tokensBeforeReplanning(cache, most)));
  const steps = Math.max(1, tokensBeforeReplanning(ready, Math.min(most, untilSettling(ready))));
  const drawn = draws(options, steps);
  const stops = options.stopTokens.length === 0 ? [noToken] : options.stopTokens;
  const results = await multiStepSession.run(
    {
      [decoderInputs.ids]: int64([1], [first]),
      [decoderInputs.stopTokens]: int64([stops.length], stops),
      [decoderInputs.uniforms]: float64(
        [steps],
        Float64Array.from(drawn, ({ uniform }) => uniform),
      ),
      ...samplingFeeds(options.sampling, extended.decoder.vocabSize),
      ...chunkFeeds(multiStepSession, ready, { start: ready.length, length: steps }),
    },
    { read: [decoderOutputs.tokens], keep: ready.appended },
  );
  const found = results[decoderOutputs.tokens] as HostTensor;
  const tokens = Array.from(found.data as BigInt64Array, Number);
  checkNumbers(
    ready,
    decoderOutputs.tokens,
    found,
    tokens.map((_, step) => ready.length + step),
  );
  return {
    tokens,
    state: drawn[tokens.length - 1]!.state,
    cache: append(ready, [first, ...tokens.slice(0, -1)], { results, rows: tokens.length }),
  };
};
