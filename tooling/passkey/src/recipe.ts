/** The numbers that passkey-875k is trained with. */

export const recipe = {
  /** Those that are done. */
  steps: 2000,
  /** Those that the schedule is made for: behind 2,000 of them the rate is too low to learn much. */
  scheduledSteps: 2500,
  batchSize: 8,
  /** Tokens of a sample: the trained window. */
  seqLen: 256,
  /** The fewest tokens before the first answer's end, where its keys take no more. */
  shortest: 60,
  /** In a sample whose keys have names. */
  mostKeys: 4,
  /** Of so many samples two are learned from beginning to end, of the others keys alone. */
  wholeEvery: 16,
  learningRate: 2e-3,
  schedule: { kind: "cosine", warmupSteps: 100 },
  /** Of the weights before the first step. */
  deviation: 0.02,
  seed: 1,
} as const;
