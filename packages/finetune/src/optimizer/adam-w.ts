/**
 * AdamW. For each parameter θ with gradient g, in step t = 1, 2, …, at the rate r:
 *
 *   θ ← θ - r λ θ                                         λ for matrices, 0 for vectors
 *   m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²
 *   θ ← θ - r (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε)
 *
 * Loshchilov and Hutter, arXiv 1711.05101, algorithm 2.
 */
import { check, checkKeys, checkNumber } from "@ropewalk/check";

export type AdamWConfig = {
  /** How slowly the means of the gradients (`beta1`) and of their squares (`beta2`) move. Defaults 0.9 and 0.95. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** λ, the share of a matrix that a step at rate 1 takes away. Default 0.1. */
  readonly weightDecay?: number;
};

/** A learned tensor. Training changes its elements in place. */
export type Parameter = { readonly dims: readonly number[]; readonly data: Float32Array };

export type Parameters = Readonly<Record<string, Parameter>>;
export type Gradients = Readonly<Record<string, Float32Array>>;

/** What AdamW keeps between steps: the number of steps done, and both means by parameter name. */
export type AdamWState = {
  readonly step: number;
  readonly means: Readonly<Record<string, { readonly first: Float32Array; readonly second: Float32Array }>>;
};

const keys = { beta1: true, beta2: true, epsilon: true, weightDecay: true } as const;

/** @throws RangeError and TypeError when a number of the configuration is out of range, or a key is unknown */
export const checkAdamW = (where: string, name: string, config: AdamWConfig): Required<AdamWConfig> => {
  checkKeys<AdamWConfig>(where, name, config, keys);
  const { beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, weightDecay = 0.1 } = config;
  for (const [key, beta] of Object.entries({ beta1, beta2 }))
    checkNumber(where, `${name}.${key}`, beta, beta >= 0 && beta < 1, "from 0 to 1, 1 left out");
  checkNumber(where, `${name}.epsilon`, epsilon, epsilon > 0 && epsilon < Infinity, "finite and > 0");
  checkNumber(where, `${name}.weightDecay`, weightDecay, weightDecay >= 0 && weightDecay < Infinity, "finite and >= 0");
  return { beta1, beta2, epsilon, weightDecay };
};

/** The state before the first step: all means are zero. */
export const startAdamW = (parameters: Parameters): AdamWState => ({
  step: 0,
  means: Object.fromEntries(
    Object.entries(parameters).map(([name, { data }]) => [
      name,
      { first: new Float32Array(data.length), second: new Float32Array(data.length) },
    ]),
  ),
});

/**
 * Does one step. It changes parameters and means in place.
 *
 * @param rate - r, the learning rate of this step
 * @returns the state for the next step
 * @throws RangeError when a gradient is missing or of another length than its parameter
 */
export const adamWStep = (
  config: AdamWConfig,
  rate: number,
  parameters: Parameters,
  gradients: Gradients,
  { step, means }: AdamWState,
): AdamWState => {
  const { beta1, beta2, epsilon, weightDecay } = checkAdamW("adamWStep", "config", config);
  checkNumber("adamWStep", "rate", rate, rate >= 0 && rate < Infinity, "finite and >= 0");
  const t = step + 1;
  // The loop multiplies where it can: its time is that of its divisions.
  const [stride, whole] = [rate / (1 - beta1 ** t), 1 / (1 - beta2 ** t)];
  const [new1, new2] = [1 - beta1, 1 - beta2];
  for (const [name, { dims, data }] of Object.entries(parameters)) {
    const gradient = gradients[name];
    check(
      gradient?.length === data.length,
      `adamWStep: gradients.${name} must have ${data.length} elements`,
      gradient?.length,
    );
    const { first, second } = means[name]!;
    const kept = dims.length >= 2 ? 1 - rate * weightDecay : 1;
    for (let at = 0; at < data.length; at++) {
      const g = gradient![at]!;
      const m = beta1 * first[at]! + new1 * g;
      const v = beta2 * second[at]! + new2 * g * g;
      first[at] = m;
      second[at] = v;
      data[at] = data[at]! * kept - (stride * m) / (Math.sqrt(v * whole) + epsilon);
    }
  }
  return { step: t, means };
};
