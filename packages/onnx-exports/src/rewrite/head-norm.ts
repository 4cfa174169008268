import type { Tape, Value } from "@ropewalk/graph";

/** The norm of each head, x w / sqrt(mean(x²) + epsilon) over the last axis. */
export const emitHeadNorm = (tape: Tape, heads: Value, weight: Value, epsilon: number): Value =>
  tape.op("SimplifiedLayerNormalization", [heads, weight], { axis: -1, epsilon: { float: epsilon } });
