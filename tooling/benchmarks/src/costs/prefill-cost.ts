/**
 * What prefill costs under SelfExtend over plain attention, whole model in float32: a round is a whole prompt on both sides,
 * which take turns chunk by chunk, and its ratio that of the sums.
 */
import { createCache, prefill, resetCache, type LanguageModel } from "@ropewalk/generation";
import { tokens } from "@ropewalk/testing/numbers/noise";
import { barOf, type Bar } from "../measuring/bar.ts";
import { compareTurns, takeTurn, timed, type Candidate, type Turn } from "../measuring/compare-times.ts";
import type { Models } from "../models/plain-and-extended.ts";

const context = 8192;
const chunkLength = 512;

/** Prompt after prompt in the same memory: each call runs the next chunk. */
const prefilling = (model: LanguageModel): Candidate => {
  const ids = tokens(model.extended.decoder.vocabSize, context);
  let cache = createCache(model.backend, model.extended, { length: context });
  return () => {
    if (cache.length === context) cache = resetCache(cache);
    const chunk = ids.slice(cache.length, cache.length + chunkLength);
    return timed(async () => ({ cache } = await prefill(model.session, cache, chunk)));
  };
};

const sum = (turns: readonly Turn[]): Turn => ({
  base: turns.reduce((total, { base }) => total + base, 0),
  candidate: turns.reduce((total, { candidate }) => total + candidate, 0),
});

export const prefillCost = async (
  { plain, extended }: Models,
  { quick }: { readonly quick: boolean },
): Promise<readonly Bar[]> => {
  const [base, candidate] = [prefilling(plain), prefilling(extended)];
  const rounds: Turn[] = [];
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    const turns: Turn[] = [];
    for (let chunk = 0; chunk < context / chunkLength; chunk++)
      turns.push(await takeTurn(base, candidate, round + chunk));
    rounds.push(sum(turns));
  }
  const compared = compareTurns(rounds);
  const speed = (time: number): string => `${((1000 * context) / time).toFixed(0)} tokens/s`;
  const from = `${speed(compared.base)} to ${speed(compared.candidate)}`;
  const name = `prefill of ${context} in chunks of ${chunkLength}, SelfExtend / plain`;
  return [barOf({ name, value: compared.ratio, from }, "at most", 1.06)];
};
