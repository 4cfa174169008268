/** The time of a decode step, as the mean of several steps that are timed together. */
import { runChunk, type KeyValueCache, type LanguageModel } from "@ropewalk/generation";
import { timed, type Candidate } from "./compare-times.ts";

/** How many steps are timed together: now and then one of them settles keys. */
const stepsTogether = 16;

/** How many tokens a cache must have room for, when so many rounds are timed. */
export const tokensOfRounds = (rounds: number): number => rounds * stepsTogether;

/** Milliseconds of a decode step; each call goes on with the cache of the call before. */
export const timedSteps = ({ session }: LanguageModel, started: KeyValueCache): Candidate => {
  let cache = started;
  return async () => {
    const time = await timed(async () => {
      for (let step = 0; step < stepsTogether; step++) ({ cache } = await runChunk(session, cache, [3], [0]));
    });
    return time / stepsTogether;
  };
};
