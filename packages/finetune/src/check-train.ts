import { checkKeys, oneOf, optional, type Keys } from "@ropewalk/check";
import type { TrainConfig } from "./train.ts";

const keys: Keys<TrainConfig> = {
  ...{ model: true, data: true, steps: true, batchSize: true, seqLen: true, longer: true },
  ...{ beta1: true, beta2: true, epsilon: true, weightDecay: true },
  ...{
    gradientAccumulation: true,
    gradientCheckpointing: optional(oneOf([true, false])),
    learningRate: true,
    schedule: true,
    gradientClipping: true,
  },
  ...{ seed: true, lora: true, evaluation: true, start: true, signal: true, onStep: true },
};

/** What people write elsewhere. */
const meant = {
  lr: "learningRate",
  epochs: "steps",
  maxSteps: "steps",
  contextLength: "seqLen",
  peft: "lora",
  adapter: "lora",
  recompute: "gradientCheckpointing",
};

export const checkTrainKeys = (where: string, config: TrainConfig): void => {
  checkKeys<TrainConfig>(where, "config", config, keys, meant);
};
