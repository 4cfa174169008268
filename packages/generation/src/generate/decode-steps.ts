/** The ways of decoding after a prompt: step by step, several steps in one run, or by guess and check. */
import type { KeyValueCache } from "../cache/cache.ts";
import type { GuessedSteps } from "../guess/guessed-steps.ts";
import type { LoadedGraph } from "../model/loaded-graph.ts";
import { runRows } from "../run/chunk-rows.ts";
import { runMultiStep } from "../run/multi-step.ts";
import type { History } from "../sampling/history.ts";
import type { Picked, Picking } from "../sampling/next-token.ts";
import type { SamplerState } from "../sampling/random.ts";
import type { Sampling } from "../sampling/sampling.ts";
import type { GeneratedToken } from "./generate-options.ts";

/** Steps in one run: as many as asked for; by default the backend's own number where the multi-step graph can do what is asked for, else 1. */
export const stepsPerRunFor = (
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

export const generated = ({ token, logprobs }: Picked): GeneratedToken => ({ token, ...logprobs });

/** The state of a run: the tokens that were picked last and are not given out yet, the sampler's state and the cache. */
export type Decoding = {
  readonly tokens: readonly GeneratedToken[];
  readonly state: SamplerState;
  readonly cache: KeyValueCache;
};

/** Decodes at most `room` tokens after the last token that was given out. */
export type Decode = (history: History, from: Decoding, room: number) => Promise<Decoding>;

/** One step in each run. */
export const stepwise =
  ({ session }: LoadedGraph, { output, pick }: Picking): Decode =>
  async (history, { state, cache }) => {
    const ran = await runRows(session, cache, history.added.slice(-1), [0], output);
    const picked = await pick(state, ran.rows, history);
    return { tokens: [generated(picked)], state: picked.state, cache: ran.cache };
  };

/** Several steps in each run, which the multi-step graph does. */
export const multiStepwise = async (
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

/** A guess and its check in each run. */
export const guesswise =
  ({ decode }: GuessedSteps): Decode =>
  async (...from) => {
    const { picked, ...next } = await decode(...from);
    return { ...next, tokens: picked.map(generated) };
  };
