/**
 * One layer's attention for few queries: one softmax over the scores of all parts side by side.
 *
 *   S = (S_1, …, S_n) + mask      (P_1, …, P_n) = softmax(S)      out = Σ_i P_i V_i
 *   S_i = S_a where open_a, else S_b where open_b, …, else S_z      a part's keys in several rotations, each pair open in one at most
 *
 * It is the same attention as that of `attention.ts`. With few queries the scores are small, and the time goes into starting nodes: a
 * merge of two softmaxes takes fifteen nodes more than joining their scores.
 */
import { byKind, checkKeys, optional, aboveZero } from "@ropewalk/check";
import type { Tape, Value } from "@ropewalk/graph";
import type { Measure } from "./measure.ts";
import { emitIntegerScores, emitIntegerValues } from "./quantized.ts";
import { emitScores, emitSoftcap, emitWeightedValues, type Softcap } from "./scores.ts";
import type { DenseSettled, QuantizedSettled } from "./settled.ts";

/** Keys in one rotation, with the queries that score them. */
export type JointBand = {
  readonly queries: Value;
  /** One key may stand for all where no pair is open in this rotation. */
  readonly keys: Value;
  /** [rows, keyLen] bool: which pairs take their score from this rotation. Absent in the last rotation, which the others leave the rest to. */
  readonly open?: Value | undefined;
};

/** Keys in one or more rotations, and their values. */
export type JointBands = { readonly kind: "bands"; readonly bands: readonly JointBand[]; readonly values: Value };

export type JointPart = JointBands | Omit<DenseSettled, "gate"> | Omit<QuantizedSettled, "gate">;

export type JointParts = {
  readonly parts: readonly JointPart[];
  /** [parts.length] int64: the number of keys of each part. */
  readonly lengths: Value;
  /** [rows, keys of all parts]: 0 for the pairs that are attended, -1e30 for the others. */
  readonly mask: Value;
  /** The bound c of scores c tanh(score / c). Absent: scores are not bounded. */
  readonly softcap?: Softcap;
};

const emitPartScores = (tape: Tape, part: JointPart, softcap: Softcap): Value => {
  const dense = ({ queries, keys }: Pick<JointBand, "queries" | "keys">): Value =>
    emitSoftcap(tape, softcap, emitScores(tape, queries, keys));
  return byKind<JointPart, Value, []>("emitJointAttention", "part", part, {
    dense,
    quantized: (quantized) => emitIntegerScores(tape, quantized, softcap),
    bands: ({ bands }) =>
      bands
        .slice(0, -1)
        .reduceRight((rest, band) => tape.op("Where", [band.open!, dense(band), rest]), dense(bands.at(-1)!)),
  });
};

const emitPartValues = (tape: Tape, part: JointPart, probabilities: Value): Value =>
  byKind<JointPart, Value, []>("emitJointAttention", "part", part, {
    dense: ({ values }) => emitWeightedValues(tape, probabilities, values),
    quantized: (quantized) => emitIntegerValues(tape, quantized, probabilities),
    bands: ({ values }) => emitWeightedValues(tape, probabilities, values),
  });

const emitJoint = (where: string, tape: Tape, config: JointParts): { readonly out: Value; readonly all: Value } => {
  const { parts, lengths, mask, softcap } = checkKeys<JointParts>(where, "parts", config, {
    parts: true,
    lengths: true,
    mask: true,
    softcap: optional(aboveZero),
  });
  const scores = parts.map((part) => emitPartScores(tape, part, softcap));
  const joined = scores.length === 1 ? scores[0]! : tape.op("Concat", scores, { axis: -1 });
  const all = tape.op("Softmax", [tape.op("Add", [joined, mask])], { axis: -1 });
  const split = parts.length === 1 ? [all] : tape.ops("Split", parts.length, [all, lengths], { axis: -1 });
  const terms = parts.map((part, index) => emitPartValues(tape, part, split[index]!));
  return { out: terms.length === 1 ? terms[0]! : tape.op("Sum", terms), all };
};

/**
 * Attention of few grouped queries [1, numKvHeads, rows, headDim], already scaled and rotated, over all parts. Keys and values are
 * [numKvHeads, keyLen, headDim], with a leading axis of 1 if they come from `emitHeads`.
 *
 * @returns [1, numKvHeads, rows, headDim]
 * @throws TypeError when there is a key that is not known
 */
export const emitJointAttention = (tape: Tape, parts: JointParts): Value =>
  emitJoint("emitJointAttention", tape, parts).out;

/** `emitJointAttention` with a measure of its probabilities, as `emitMeasuredAttention` gives it. */
export const emitMeasuredJointAttention = (
  tape: Tape,
  measure: Measure,
  parts: JointParts,
): readonly [attended: Value, measured: Value] => {
  const { out, all } = emitJoint("emitMeasuredJointAttention", tape, parts);
  return [out, measure.of(tape, all)];
};
