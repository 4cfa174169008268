/** A decoder recorded for training, behind an entry of its own: what only runs models carries none of it. */
export { crossEntropy } from "./training/cross-entropy.ts";
export { bandMask, trainingInputs, trainingOutputs } from "./training/interface.ts";
export { plainAttention, type Batch } from "./training/plain-attention.ts";
export {
  trainingCheckpoints,
  trainingGraph,
  type FrozenWeights,
  type LearnedLowRank,
} from "./training/training-graph.ts";
export { ignoredLabel, trainingNumbers, trainingTargets, type Targets } from "./training/training-numbers.ts";
