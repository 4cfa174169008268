/**
 * Models side by side, context by context. They take turns, so that what disturbs one disturbs the other, and each round has
 * the order of the one before it turned around:
 *
 *   cost  = median over rounds of a model's own milliseconds per token
 *   ratio = median over rounds of (another model's cost / the first one's cost in that round)
 */
import type { LanguageModel } from "@ropewalk/generation";
import { randomIds } from "./random-ids.ts";
import { timeRun, type Cost, type RunCost, type RunOptions } from "./time-run.ts";

export type Plan = {
  /** Tokens of the prompt, ascending. */
  readonly contexts: readonly number[];
  /** Tokens decoded behind each prompt. */
  readonly steps: number;
  readonly rounds: number;
  readonly seed: number;
};

/** What one model took at one context, and how many times the time of the first model that is; absent of the first. */
export type ModelCost = RunCost & { readonly ratio?: Cost };

/** Of each model in turn. */
export type ContextCosts = { readonly context: number; readonly costs: readonly ModelCost[] };

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

/** The median of prefill and of decoding, each on its own. */
const medians = (costs: readonly Cost[]): Cost => ({
  prefill: median(costs.map(({ prefill }) => prefill)),
  decode: median(costs.map(({ decode }) => decode)),
});

/** Rounds of one context, [round][model], as costs and ratios of each model. */
export const summary = (rounds: readonly (readonly RunCost[])[]): readonly ModelCost[] =>
  rounds[0]!.map(({ keyValueBytes }, model): ModelCost => {
    const own = { ...medians(rounds.map((round) => round[model]!)), keyValueBytes };
    if (model === 0) return own;
    const ratios = rounds.map((round): Cost => {
      const [first, other] = [round[0]!, round[model]!];
      return { prefill: other.prefill / first.prefill, decode: other.decode / first.decode };
    });
    return { ...own, ratio: medians(ratios) };
  });

/** Tokens that the whole of it runs: what `onTokens` adds up to. */
export const tokensOf = ({ contexts, steps, rounds }: Plan, models: number): number =>
  models * contexts.reduce((sum, context) => sum + rounds * (context + steps), contexts[0]! + steps);

/** Before anything counts each model runs the shortest context once. */
export const measureCosts = async (
  models: readonly LanguageModel[],
  plan: Plan,
  options: RunOptions,
): Promise<readonly ContextCosts[]> => {
  const { contexts, steps, rounds, seed } = plan;
  const { vocabSize } = models[0]!.extended.decoder;
  const ids = randomIds({ vocabSize, seed }, contexts.at(-1)! + steps);
  const run = (model: LanguageModel, context: number): Promise<RunCost> =>
    timeRun(model, { ids: ids.slice(0, context + steps), context }, options);

  const takeTurns = async (context: number, round: number): Promise<readonly RunCost[]> => {
    const order = [...models.keys()];
    if (round % 2 === 1) order.reverse();
    const costs: RunCost[] = [];
    for (const model of order) costs[model] = await run(models[model]!, context);
    return costs;
  };

  for (const model of models) await run(model, contexts[0]!);
  const all: ContextCosts[] = [];
  for (const context of contexts) {
    const taken: (readonly RunCost[])[] = [];
    for (let round = 0; round < rounds; round++) taken.push(await takeTurns(context, round));
    all.push({ context, costs: summary(taken) });
  }
  return all;
};
