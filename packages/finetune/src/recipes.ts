/**
 * Entropy-ABF as it was tuned: another base, logits scaled by layer, and very little training.
 *
 *   θ = 500,000,   q_i ← q_i max(1, ln(i + 1) / ln c),   AdamW β = (0.9, 0.95), λ = 0.1, cosine, 6 steps on 100 samples
 *
 * Zhang et al., arXiv 2401.07004, section 4.1. The learning rate is the model's own: 2e-5 for 7 billion parameters.
 */
import { entropyAbf, type ContextExtension } from "@ropewalk/decoder";
import type { TrainConfig } from "./train.ts";

export type Recipe = {
  readonly extension: ContextExtension;
  /** Samples to train on. */
  readonly samples: number;
  readonly training: Pick<TrainConfig, "beta1" | "beta2" | "weightDecay" | "schedule" | "steps" | "batchSize">;
};

/** @param config.trainedContext - c, the window that the model was trained on */
export const entropyAbfRecipe = (config: { readonly trainedContext: number }): Recipe => ({
  extension: entropyAbf(config),
  samples: 100,
  training: { beta1: 0.9, beta2: 0.95, weightDecay: 0.1, schedule: { kind: "cosine" }, steps: 6, batchSize: 16 },
});
