/** The numbers that passkey-875k is trained with. */

export const recipe = {
  steps: 4500,
  batchSize: 8,
  /** Tokens of a sample: the trained window. */
  seqLen: 256,
  /** The fewest tokens of a prompt and its answer, where the key takes no more. */
  shortest: 60,
  /** One sample of so many is asked at the window's end, where keys are farthest. */
  fullEvery: 4,
  /** Of so many samples two are learned from beginning to end, of the others keys alone. */
  wholeEvery: 16,
  learningRate: 2e-3,
  schedule: { kind: "cosine", warmupSteps: 100 },
  /** Of the weights before the first step. */
  deviation: 0.02,
  seed: 1,
} as const;
