import type { Rule } from "@ropewalk/check";
import type { Tally } from "../tally.ts";

/** A step that changes logits. Greedy and drawn tokens both have it. */
export type Adjustment<Value> = {
  /** The rule for its value. */
  readonly rule: Rule;
  /** Checks the value against the size of the vocabulary, where that matters. */
  readonly checkFit?: (where: string, value: Value, vocabSize: number) => void;
  /** Whether a value changes nothing, whatever the logits. */
  readonly isNeutral: (value: Value) => boolean;
  /** Changes the logits [vocabSize] in place. */
  readonly apply: (value: Value, logits: Float32Array, tally: Tally) => void;
};
