/** The long stretch of keys that every query sees, in either of the forms that it may be kept in. */
import type { Tape, Value } from "@ropewalk/graph";
import { match } from "ts-pattern";
import { emitRowMax, type EmittedPartial } from "./merge.ts";
import { emitIntegerAttention, emitWidened, type QuantizedKeysAndValues } from "./quantized.ts";
import { emitScores, emitWeightedValues } from "./scores.ts";

type Settled = {
  /** [1, numKvHeads, rows, headDim] */
  readonly queries: Value;
  /** [1]: 0, or -1e30 when the part is a stand-in. */
  readonly gate: Value;
};

/** Keys and values [numKvHeads, keyLen, headDim] in float32. */
export type DenseSettled = Settled & { readonly kind: "dense"; readonly keys: Value; readonly values: Value };

/** Keys and values in 8 bits. */
export type QuantizedSettled = Settled &
  QuantizedKeysAndValues & {
    readonly kind: "quantized";
    /** Rows of a head's queries when there is one query: numHeads / numKvHeads. */
    readonly group: number;
    /** bool, one element: whether there is one query. Integer products are faster then; else all is widened to float32. */
    readonly single: Value;
  };

export type SettledPart = DenseSettled | QuantizedSettled;

const attended = (tape: Tape, scores: Value, values: Value): EmittedPartial => {
  const probabilities = tape.op("Softmax", [scores], { axis: -1 });
  return {
    out: emitWeightedValues(tape, probabilities, values),
    maxScore: emitRowMax(tape, scores),
    maxProbability: emitRowMax(tape, probabilities),
  };
};

const emitQuantized = (tape: Tape, part: QuantizedSettled): EmittedPartial => {
  const [out, maxScore, maxProbability] = tape.branch(part.single, {
    whenTrue: (arm) => {
      const integer = emitIntegerAttention(arm, part);
      return [integer.out, integer.maxScore, integer.maxProbability];
    },
    whenFalse: (arm) => {
      const { keys, values } = emitWidened(arm, part);
      const wide = attended(arm, arm.op("MatMul", [part.queries, keys]), values);
      return [wide.out, wide.maxScore, wide.maxProbability];
    },
  });
  return { out: out!, maxScore: maxScore!, maxProbability: maxProbability! };
};

/** Attention over the settled part alone. */
export const emitSettled = (tape: Tape, part: SettledPart): EmittedPartial =>
  match(part)
    .with({ kind: "dense" }, ({ queries, keys, values }) => attended(tape, emitScores(tape, queries, keys), values))
    .with({ kind: "quantized" }, (quantized) => emitQuantized(tape, quantized))
    .exhaustive();
