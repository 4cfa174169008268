/**
 * The numbers that passkey-875k is trained with: keys first, and when they are known, its language, twice from there on, each time with
 * other samples. The weights are the mean of both ends,
 *
 *     w = (w₁ + w₂) / 2                 Wortsman et al., arXiv 2203.05482
 *
 * How keys are found beyond the window is not learned, and differs by a few of fifty from end to end; less so in their mean.
 * Seeds are those of a run that meets every bar.
 */

export type Phase = {
  readonly steps: number;
  /** Of so many samples two are learned from beginning to end, of the others keys alone; 2 for all. */
  readonly wholeEvery: number;
  /** At its peak; it falls by a cosine. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** What is added to the seed for the samples, and for their order. */
  readonly samples: number;
  readonly order: number;
};

const keys: Phase = {
  steps: 4500,
  wholeEvery: 16,
  learningRate: 2e-3,
  warmupSteps: 100,
  samples: 0,
  order: 0,
};

const language = (order: number): Phase => ({
  steps: 300,
  wholeEvery: 2,
  learningRate: 7e-4,
  warmupSteps: 50,
  samples: order + 100,
  order,
});

export const recipe = {
  batchSize: 8,
  /** Tokens of a sample: the trained window. */
  seqLen: 256,
  /** The fewest tokens of a prompt and its answer, where the key takes no more. */
  shortest: 60,
  /**
   * One sample of so many is asked at the window's end: keys are farthest there, and near ones are asked for among as many tokens as the
   * window has.
   */
  fullEvery: 2,
  /** Of the weights before the first step. */
  deviation: 0.02,
  seed: 1,
  keys,
  ends: [language(80), language(10)],
} as const;

/** All steps of a run. */
export const recipeSteps: number = [recipe.keys, ...recipe.ends].reduce((sum, { steps }) => sum + steps, 0);

/** The phases of a run of so many steps in all, each with its share of them. */
export const phasesOf = (steps: number): { readonly keys: Phase; readonly ends: readonly Phase[] } => {
  const shortened = (phase: Phase, own: number): Phase => ({
    ...phase,
    steps: own,
    warmupSteps: Math.min(phase.warmupSteps, own),
  });
  const ends = recipe.ends.map((phase) => shortened(phase, Math.round((phase.steps * steps) / recipeSteps)));
  const left = steps - ends.reduce((sum, phase) => sum + phase.steps, 0);
  return { keys: shortened(recipe.keys, left), ends: ends.filter((phase) => phase.steps > 0) };
};
