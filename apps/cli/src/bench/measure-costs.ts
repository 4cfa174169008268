/**
 * The costs of models side by side, context by context. The models take turns, so that a disturbance hits all of them, and each round
 * reverses the order of the round before:
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

/** The cost of one model at one context, and the ratio to the first model's cost; the first model has no ratio. */
export type ModelCost = RunCost & { readonly ratio?: Cost };

/** The costs of all models at one context. */
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

/** The costs and ratios of each model, from rounds of one context, [round][model]. */
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

/** Tokens that all runs take together: the sum of what `onTokens` gets. */
export const tokensOf = ({ contexts, steps, rounds }: Plan, models: number): number =>
  models * contexts.reduce((sum, context) => sum + rounds * (context + steps), contexts[0]! + steps);

/** Measures the costs. Before that each model runs the shortest context once, to warm up. */
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
