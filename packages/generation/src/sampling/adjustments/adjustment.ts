import type { Rule } from "@ropewalk/check";
import type { History } from "../history.ts";

/** A step that changes logits, for greedy and drawn tokens alike. */
export type Adjustment<Value> = {
  /** What its value must be. */
  readonly rule: Rule;
  /** Checks the value against the number of tokens, where that matters. */
  readonly checkFit?: (where: string, value: Value, vocabSize: number) => void;
  /** Whether a value changes nothing, whatever the logits. */
  readonly isNeutral: (value: Value) => boolean;
  /** Changes the logits [vocabSize] where they are. */
  readonly apply: (value: Value, logits: Float32Array, history: History) => void;
};
