import type { History } from "./history.ts";

/**
 * Rules out tokens that may not come next: sets their logits [vocabSize] to -Infinity, before anything else changes them. It is asked for
 * every token, behind all that came; what came is handed over, so that a mask needs to remember nothing.
 */
export type Mask = (logits: Float32Array, history: History) => void | Promise<void>;
