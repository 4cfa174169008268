/** Streams the tokens after a prompt: runs the prompt in chunks, then decodes until a stop token or the number of tokens that was asked for. */
import { show } from "@ropewalk/check";
import { cacheBytes, releaseCache } from "../cache/cache.ts";
import { prefillKeeping, type Keeping } from "./keep-cache.ts";
import { guessingBy } from "../guess/guess-options.ts";
import type { GuessSource } from "../guess/guess-source.ts";
import { guessedSteps } from "../guess/guessed-steps.ts";
import type { LoadedGraph } from "../model/loaded-graph.ts";
import { fittedRun } from "../overflow/fit-run.ts";
import { behindWhat } from "../prefix/prefix.ts";
import { startBehind } from "../prefix/start-behind.ts";
import { checkIds } from "../run/check-ids.ts";
import type { History } from "../sampling/history.ts";
import { notInMultiStep, pickingBy } from "../sampling/next-token.ts";
import { startSampling } from "../sampling/sampling.ts";
import { checkGenerateOptions, checkStopTokens } from "./check-generate-options.ts";
import { generated, guesswise, multiStepwise, stepsPerRunFor, stepwise, type Decoding } from "./decode-steps.ts";
import type { GenerateOptions, GenerationStats, TokenOptions } from "./generate-options.ts";

/**
 * Streams the tokens after a prompt.
 *
 * @param hasEnded - asked after each token that was given out: whether the reader has found the end
 * @param keeping - takes the run's cache. Absent: the cache is released when the run ends
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
  const prefix = behindWhat("generate", options.after, loaded.extended);
  checkIds("generate", prompt, vocabSize, prefix === undefined ? 1 : 0);
  checkStopTokens(options.stopTokens, loaded.stopTokens, vocabSize);
  const stops = new Set(stopTokens);
  const pickOptions = { sampling, logprobs: options.logprobs, mask: options.mask };
  const firstState = startSampling(sampling, vocabSize);
  const run = await fittedRun(
    { graph: loaded, after: prefix, ids: prompt },
    options.maxNewTokens,
    options.beyondCapacity,
  );
  const { graph, after, ids, promptTokens, maxNewTokens } = run;
  const { session } = graph;
  const length = promptTokens + maxNewTokens;
  // A prompt that was shortened, or run under other positions, is not the prompt that the keeper asked for.
  const keeps = graph === loaded && promptTokens === (prefix?.ids.length ?? 0) + prompt.length ? keeping : undefined;
  const beyondCapacity = options.beyondCapacity === "allow" ? "allow" : "refuse";
  const guessing = guessingBy(graph, { ...options, beyondCapacity }, length);
  const stepsPerRun = guessing ? 1 : stepsPerRunFor(graph, options.stepsPerRun, notInMultiStep(pickOptions));
  signal?.throwIfAborted();
  const picking = pickingBy(pickOptions);
  const unguessed =
    stepsPerRun > 1 && maxNewTokens > 1
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
    const first = await picking.pick(firstState, ran.rows, history);
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
    if (keeps === undefined) releaseCache(cache);
    else keeps.onEnd(cache);
    source?.release();
  }
};
