/** The numbers that passkey-875k is trained with. */
export const recipe = {
  steps: 2500,
  batchSize: 8,
  /** Tokens of a sample: the trained window. */
  seqLen: 256,
  /** The shortest prompt with its answer. */
  shortest: 60,
  /** In a sample whose keys have names. */
  mostKeys: 4,
  /** Of so many samples two are learned from beginning to end. */
  wholeEvery: 16,
  learningRate: 2e-3,
  schedule: { kind: "cosine", warmupSteps: 100 },
  /** Of the weights before the first step. */
  deviation: 0.02,
  seed: 1,
} as const;
