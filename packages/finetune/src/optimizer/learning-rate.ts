/**
 * The learning rate of step t = 0 … T - 1, from its peak p and w steps of warm-up:
 *
 *   t < w       p (t + 1) / w
 *   constant    p
 *   linear      p (1 - s)                       s = (t - w) / (T - w)
 *   cosine      p (1 + cos(π s)) / 2            Loshchilov and Hutter, arXiv 1608.03983, equation 5, without restarts
 */
import { byKind, checkInteger, checkKeys, checkNumber } from "@ropewalk/check";

type Warmup = {
  /** Default 0. */
  readonly warmupSteps?: number;
};

export type Schedule =
  | ({ readonly kind: "constant" } & Warmup)
  | ({ readonly kind: "linear" } & Warmup)
  | ({ readonly kind: "cosine" } & Warmup);

export type RateConfig = {
  /** p */
  readonly learningRate: number;
  /** T */
  readonly steps: number;
  readonly schedule: Schedule;
};

/** The share of the peak that is left, after a share s of the steps that follow the warm-up. */
const shareOfPeak = (schedule: Schedule, share: number): number =>
  byKind("learningRateAt", "schedule", schedule, {
    constant: () => 1,
    linear: () => 1 - share,
    cosine: () => (1 + Math.cos(Math.PI * share)) / 2,
  });

/**
 * The learning rate of a step.
 *
 * @throws RangeError and TypeError for numbers out of range and for unknown keys and kinds
 */
export const learningRateAt = (config: RateConfig, step: number): number => {
  checkKeys<RateConfig>("learningRateAt", "config", config, { learningRate: true, steps: true, schedule: true });
  const { learningRate, steps, schedule } = config;
  checkNumber(
    "learningRateAt",
    "learningRate",
    learningRate,
    learningRate > 0 && learningRate < Infinity,
    "finite and > 0",
  );
  checkInteger("learningRateAt", "steps", steps, 1);
  checkInteger("learningRateAt", "step", step, 0, steps - 1);
  // The kind is checked first: the keys of an unknown kind are not known.
  const atStart = shareOfPeak(schedule, 0);
  checkKeys<Schedule>("learningRateAt", "schedule", schedule, { kind: true, warmupSteps: true });
  const { warmupSteps = 0 } = schedule;
  checkInteger("learningRateAt", "warmupSteps", warmupSteps, 0, steps);
  if (step < warmupSteps) return (learningRate * atStart * (step + 1)) / warmupSteps;
  return learningRate * shareOfPeak(schedule, (step - warmupSteps) / (steps - warmupSteps));
};
