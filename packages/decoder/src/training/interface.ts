/** The names of a training graph's inputs and outputs. Positions and scales are named as in `decoderInputs`. */
import { ofGroup } from "../graph-interface.ts";

export const trainingInputs = {
  /** [batchSize * seqLen] int64: the token that each row should predict; any token where the row's weight is 0. */
  targets: "targets",
  /** [batchSize * seqLen]: the weight of each row's loss, 0 where nothing is learned. */
  weights: "target_weights",
} as const;

export const trainingOutputs = {
  /** [] */
  loss: "loss",
} as const;

/** The names of values inside a training graph, which are not outputs. */
export const trainingValues = {
  /** [batchSize * seqLen, hiddenDim]: the states after so many layers; after 0 layers these are the embeddings. */
  hidden: (layers: number): string => `hidden_behind_${layers}`,
  /** []: the loss of the first so many blocks of rows. */
  loss: (blocks: number): string => `loss_behind_${blocks}`,
} as const;

/** [seqLen, seqLen]: 0 for the pairs of a band, far below any score for others. */
export const bandMask = (group: number, band: number): string => ofGroup(group, `band_${band}_mask`);
