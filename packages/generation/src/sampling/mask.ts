import type { History } from "./history.ts";

/**
 * Rules out tokens that may not come next: sets their logits [vocabSize] to -Infinity, before any other step changes them. It is called for
 * every token. It gets the whole text so far, so a mask needs no memory of its own.
 */
export type Mask = (logits: Float32Array, history: History) => void | Promise<void>;
