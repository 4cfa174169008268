/**
 * The norm of all gradients as one vector. Where it is above a limit c, the gradients are scaled down to it:
 *
 *   n = √(Σ g²)          g ← g min(1, c / (n + 10⁻⁶))
 *
 * Pascanu, Mikolov and Bengio, arXiv 1211.5063, algorithm 1.
 */
import type { Gradients } from "./adam-w.ts";

export const gradientNorm = (gradients: Gradients): number => {
  let sum = 0;
  // By index: an iterator over an array's elements takes ten times as long.
  for (const gradient of Object.values(gradients))
    for (let at = 0; at < gradient.length; at++) sum += gradient[at]! * gradient[at]!;
  return Math.sqrt(sum);
};

/** Shortens the gradients in place, and gives the norm that they had. */
export const clipGradients = (gradients: Gradients, limit: number): number => {
  const norm = gradientNorm(gradients);
  const factor = limit / (norm + 1e-6);
  if (factor < 1)
    for (const gradient of Object.values(gradients))
      for (let at = 0; at < gradient.length; at++) gradient[at]! *= factor;
  return norm;
};
