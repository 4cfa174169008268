/** Checks the keys of the configuration of `train`. */
import { check, checkFunction, checkKeys, oneOf, optional, type Keys, type Rule } from "@ropewalk/check";
import type { TrainConfig } from "./train.ts";

const signal: Rule = (where, name, value) =>
  check(
    typeof (value as AbortSignal | null)?.throwIfAborted === "function",
    `${where}: ${name} must be an AbortSignal`,
    value,
    "object",
  );

const keys: Keys<TrainConfig> = {
  model: true,
  data: true,
  steps: true,
  batchSize: true,
  seqLen: true,
  longer: true,
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
  gradientAccumulation: true,
  gradientCheckpointing: optional(oneOf([true, false])),
  learningRate: true,
  schedule: true,
  gradientClipping: true,
  seed: true,
  lora: true,
  evaluation: true,
  start: true,
  signal: optional(signal),
  onStep: optional(checkFunction),
};

/** Names of these keys in other libraries. */
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
