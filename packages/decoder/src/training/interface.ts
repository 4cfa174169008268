/** The names of a training graph's own inputs and outputs; positions and scales have those of `decoderInputs`. */
import { ofGroup } from "../graph-interface.ts";

export const trainingInputs = {
  /** [batchSize * seqLen] int64: the token that each row is to foretell; any where the row's weight is 0. */
  targets: "targets",
  /** [batchSize * seqLen]: what a row's loss counts, 0 where nothing is learned. */
  weights: "target_weights",
} as const;

export const trainingOutputs = {
  /** [] */
  loss: "loss",
} as const;

/** Values of a training graph that are no outputs. */
export const trainingValues = {
  /** [batchSize * seqLen, hiddenDim]: the states behind so many layers, of which 0 are the embeddings. */
  hidden: (layers: number): string => `hidden_behind_${layers}`,
  /** []: the loss of so many first blocks of rows. */
  loss: (blocks: number): string => `loss_behind_${blocks}`,
} as const;

/** [seqLen, seqLen]: 0 for the pairs of a band, far below any score for others. */
export const bandMask = (group: number, band: number): string => ofGroup(group, `band_${band}_mask`);
