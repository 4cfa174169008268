/** Tokens in, tokens out: prefill the prompt in chunks, then token by token, or several steps at a time, until a stop token or the asked number. */
import type { Backend, Session } from "@ropewalk/backend";
import { show } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { TokenizerFiles } from "@ropewalk/models";
import { runMultiStep } from "../run/multi-step.ts";
import { cacheBytes, releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { checkIds } from "../run/check-ids.ts";
import { checkGenerateOptions } from "./check-options.ts";
import { prefillKeeping, type Keeping } from "../conversation/keep-cache.ts";
import type { GeneratedToken, GenerateOptions, GenerationStats, TokenOptions } from "./generate-options.ts";
import { guessingBy } from "../guess/options.ts";
import type { GuessSource } from "../guess/source.ts";
import { guessedSteps, type GuessedSteps } from "../guess/steps.ts";
import { fittedRun } from "../overflow/fit-run.ts";
import { notInMultiStep, pickingBy, type Picked, type Picking } from "../sampling/next-token.ts";
import { startBehind } from "../prefix/start-behind.ts";
import { behindWhat } from "../prefix/prefix.ts";
import { runRows } from "../run/run.ts";
import type { History } from "../sampling/history.ts";
import type { SamplerState } from "../sampling/random.ts";
import { startSampling, type Sampling } from "../sampling/sampling.ts";

/** What a run needs of a loaded model. */
export type LoadedGraph = {
  readonly backend: Backend;
  readonly session: Session;
  /** The graph of several steps a run, loaded when it is first asked for; absent where there is none. */
  readonly multiStepSession?: (() => Promise<Session>) | undefined;
  readonly extended: ExtendedDecoder;
  readonly stopTokens: readonly number[];
  /** Where it is known, that of a draft must be the same. */
  readonly tokenizer?: TokenizerFiles | undefined;
  /** The same under its extension with a larger number, which holds so many tokens; absent, or undefined, where there is none. */
  readonly longer?: (length: number) => Promise<LoadedGraph | undefined>;
};

/** As asked; by default as the backend likes it where the graph of several steps can do what the run asks for. */
const stepsPerRunFor = (
  { backend, multiStepSession }: LoadedGraph,
  asked: number | undefined,
  beyond: string | undefined,
): number => {
  if (asked === undefined) return multiStepSession && beyond === undefined ? backend.stepsPerRun : 1;
  if (asked > 1 && beyond !== undefined)
    throw new RangeError(
      `generate: stepsPerRun must be 1 with ${beyond}, which a run of several steps does not have, got ${asked}`,
    );
  if (asked > 1 && !multiStepSession)
    throw new RangeError(
      `generate: stepsPerRun must be 1 where there is no graph of several steps, as on ${backend.name}, got ${asked}`,
    );
  return asked;
};

const generated = ({ token, logprobs }: Picked): GeneratedToken => ({ token, ...logprobs });

/** Where a run stands: the tokens that were picked last and are not given out yet. */
type Decoding = {
  readonly tokens: readonly GeneratedToken[];
  readonly state: SamplerState;
  readonly cache: KeyValueCache;
};

/** Goes on behind the last of the tokens that were given out, by at most `room` tokens. */
type Decode = (history: History, from: Decoding, room: number) => Promise<Decoding>;

const stepwise =
  ({ session }: LoadedGraph, { output, pick }: Picking): Decode =>
  async (history, { state, cache }) => {
    const ran = await runRows(session, cache, history.added.slice(-1), [0], output);
    const picked = await pick(state, ran.rows, history);
    return { tokens: [generated(picked)], state: picked.state, cache: ran.cache };
  };

const multiStepwise = async (
  { session, multiStepSession }: LoadedGraph,
  sampling: Sampling,
  stopTokens: readonly number[],
  stepsPerRun: number,
): Promise<Decode> => {
  const sessions = { session, multiStepSession: await multiStepSession!() };
  return async ({ added }, { state, cache }, room) => {
    const steps = Math.min(stepsPerRun, room);
    const ran = await runMultiStep(sessions, cache, added.at(-1)!, { sampling, state, stopTokens, steps });
    return { ...ran, tokens: ran.tokens.map((token) => ({ token })) };
  };
};

const guesswise =
  ({ decode }: GuessedSteps): Decode =>
  async (...from) => {
    const { picked, ...next } = await decode(...from);
    return { ...next, tokens: picked.map(generated) };
  };

/**
 * Streams the tokens after a prompt.
 *
 * @param hasEnded - asked behind each token that was given out: whether its reader has found the end
 * @param keeping - who keeps the run's cache; absent: it goes with the run
 * @throws TypeError when an option is not known or of another type, or `after` is released or of another model or extension
 * @throws RangeError when an id is outside the vocabulary, an option is out of range, or prompt and new tokens exceed the
 *   capacity and `beyondCapacity` does not help; whatever the signal was aborted with
 */
export const generateTokens = async function* (
  loaded: LoadedGraph,
  prompt: readonly number[],
  options: TokenOptions = {},
  hasEnded: () => boolean = () => false,
  keeping?: Keeping,
): AsyncGenerator<number, void, undefined> {
  checkGenerateOptions(options);
  const { stopStrings } = options as GenerateOptions;
  if (stopStrings !== undefined)
    throw new TypeError(
      `generateTokens: stopStrings must be absent, for a token is not cut inside, got ${show(stopStrings)}; generate has them`,
    );
  const { sampling = { kind: "greedy" }, stopTokens = loaded.stopTokens, chunkSize, signal } = options;
  const { vocabSize } = loaded.extended.decoder;
  const read = behindWhat("generate", options.after, loaded.extended);
  checkIds("generate", prompt, vocabSize, read === undefined ? 1 : 0);
  const stops = new Set(stopTokens);
  const picks = { sampling, logprobs: options.logprobs, mask: options.mask };
  const started = startSampling(sampling, vocabSize);
  const run = await fittedRun(
    { graph: loaded, after: read, ids: prompt },
    options.maxNewTokens,
    options.beyondCapacity,
  );
  const { graph, after, ids, promptTokens, maxNewTokens } = run;
  const { session } = graph;
  const length = promptTokens + maxNewTokens;
  // What was cut or run under other positions is not what the keeper asked for.
  const keeps = graph === loaded && promptTokens === (read?.ids.length ?? 0) + prompt.length ? keeping : undefined;
  const beyondCapacity = options.beyondCapacity === "allow" ? "allow" : "refuse";
  const guessing = guessingBy(graph, { ...options, beyondCapacity }, length);
  const stepsPerRun = guessing ? 1 : stepsPerRunFor(graph, options.stepsPerRun, notInMultiStep(picks));
  signal?.throwIfAborted();
  const multiStep = stepsPerRun > 1 && maxNewTokens > 1;
  const picking = pickingBy(picks);
  const unguessed = multiStep
    ? await multiStepwise(graph, sampling, stopTokens, stepsPerRun)
    : stepwise(graph, picking);

  const begun = performance.now();
  const start = startBehind(graph, after, ids, length);
  let { cache } = start;
  let source: GuessSource | undefined;
  try {
    source = guessing?.open();
    const guessed = source && guessedSteps(session, picking, { source, most: guessing!.most, stops });
    const decode = guessed ? guesswise(guessed) : unguessed;
    const prefillOptions = { chunkSize, signal, onProgress: options.onPrefill };
    const ran = await prefillKeeping(session, cache, start.ids, picking.output, prefillOptions, keeps);
    const prefilled = performance.now();
    cache = ran.cache;
    const added: number[] = [];
    const history: History = { prompt: after === undefined ? ids : [...after.ids, ...ids], added };
    const first = await picking.pick(started, ran.rows, history);
    let at: Decoding = { tokens: [generated(first)], state: first.state, cache };
    let finish: GenerationStats["finish"] = "length";
    let stoppedBy: readonly number[] = [];
    decoding: for (;;) {
      for (const each of at.tokens) {
        if (stops.has(each.token)) {
          finish = "stop";
          stoppedBy = [each.token];
          break decoding;
        }
        added.push(each.token);
        options.onToken?.(each);
        yield each.token;
        if (hasEnded()) {
          finish = "stop";
          break decoding;
        }
        if (added.length === maxNewTokens) break decoding;
        signal?.throwIfAborted();
      }
      at = await decode(history, at, maxNewTokens - added.length);
      cache = at.cache;
    }
    options.onDone?.({
      promptTokens,
      cachedTokens: start.cachedTokens,
      newTokens: added.length,
      finish,
      prefillTime: prefilled - begun,
      decodeTime: performance.now() - prefilled,
      cacheBytes: cacheBytes(cache),
      ...(guessed && { guesses: guessed.stats() }),
    });
    keeps?.onFinish?.([...history.prompt, ...added, ...stoppedBy]);
  } finally {
    (keeps?.onEnd ?? releaseCache)(cache);
    source?.release();
  }
};
