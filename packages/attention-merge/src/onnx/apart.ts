/**
 * One layer's attention with a softmax for each part, of one head and many queries:
 *
 *   S_p = Q K_pᵀ + mask_p      lse_p = ln Σ_j exp(S_pj)      w = softmax(lse_1, …, lse_n)      out = Σ_p w_p P_p V_p
 *
 * Scores are never joined nor split: with many queries, each pass over them costs more than the nodes of a merge. It is the attention of
 * `attention.ts`.
 */
import type { Tape, Value } from "@ropewalk/graph";
import {
  emitRecentScores,
  emitSettled,
  type AttentionParts,
  type EmitQuantized,
  type RecentPart,
} from "./attention.ts";
import { emitFloor } from "./floor.ts";
import { emitLse, emitLseOf } from "./lse.ts";
import { emitRowMax, emitSoftmaxPart } from "./merge.ts";
import { emitWeightedValues, type Softcap } from "./scores.ts";
import type { SettledPart } from "./settled.ts";
import { shape } from "./shape.ts";

/** The attention of a part by itself [..., rows, headDim], and its log-sum-exp [..., rows, 1]. */
type Weighed = { readonly out: Value; readonly lse: Value };

const emitRecent = (tape: Tape, part: RecentPart, softcap: Softcap): Weighed => {
  const scores = emitRecentScores(tape, part, softcap);
  const maxScore = emitRowMax(tape, scores);
  const above = emitFloor(tape, scores, maxScore);
  const { out, probabilities } = emitSoftmaxPart(tape, above, (weights) =>
    emitWeightedValues(tape, weights, part.values),
  );
  return { out, lse: emitLseOf(tape, maxScore, emitRowMax(tape, probabilities)) };
};

const emitGated = (tape: Tape, settled: SettledPart, softcap: Softcap, emitQuantized: EmitQuantized): Weighed => {
  const softmax = emitSettled(tape, settled, softcap, emitQuantized);
  return { out: softmax.out, lse: tape.op("Add", [emitLse(tape, softmax), settled.gate]) };
};

/** Attention of the queries [..., rows, headDim] of one head. A part that no query of a row sees has the weight 0. */
export const emitApart = (
  tape: Tape,
  { settled, recent, softcap }: AttentionParts,
  emitQuantized: EmitQuantized,
): Value => {
  const parts: readonly Weighed[] = [
    ...(settled ? [emitGated(tape, settled, softcap, emitQuantized)] : []),
    ...recent.map((part) => emitRecent(tape, part, softcap)),
  ];
  if (parts.length === 1) return parts[0]!.out;
  const lse = tape.op(
    "Concat",
    parts.map((part) => part.lse),
    { axis: -1 },
  );
  const weights = tape.ops(
    "Split",
    parts.length,
    [tape.op("Softmax", [lse], { axis: -1 }), shape(tape, ...parts.map(() => 1))],
    { axis: -1 },
  );
  return tape.op(
    "Sum",
    parts.map(({ out }, index) => tape.op("Mul", [out, weights[index]!])),
  );
};
