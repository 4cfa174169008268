/**
 * One layer's attention with a softmax for each part, of one head and many queries:
 *
 *   S_p = Q K_pᵀ + mask_p      lse_p = max(S_p) - ln(max(P_p))      w = softmax(lse_1, …, lse_n)      out = Σ_p w_p P_p V_p
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
import { emitRowMax, type EmittedPartial } from "./merge.ts";
import { emitWeightedValues, type Softcap } from "./scores.ts";
import { shape } from "./shape.ts";

type Gated = EmittedPartial & { readonly gate?: Value };

const emitRecent = (tape: Tape, part: RecentPart, softcap: Softcap): Gated => {
  const scores = emitRecentScores(tape, part, softcap);
  const maxScore = emitRowMax(tape, scores);
  const probabilities = tape.op("Softmax", [emitFloor(tape, scores, maxScore)], { axis: -1 });
  return {
    out: emitWeightedValues(tape, probabilities, part.values),
    maxScore,
    maxProbability: emitRowMax(tape, probabilities),
  };
};

/** A part's log-sum-exp, with its gate added if it has one: [..., rows, 1]. */
const emitLse = (tape: Tape, { maxScore, maxProbability, gate }: Gated): Value => {
  const lse = tape.op("Sub", [maxScore, tape.op("Log", [maxProbability])]);
  return gate === undefined ? lse : tape.op("Add", [lse, gate]);
};

/** Attention of the queries [..., rows, headDim] of one head. A part that no query of a row sees has the weight 0. */
export const emitApart = (
  tape: Tape,
  { settled, recent, softcap }: AttentionParts,
  emitQuantized: EmitQuantized,
): Value => {
  const parts: readonly Gated[] = [
    ...(settled ? [{ ...emitSettled(tape, settled, softcap, emitQuantized), gate: settled.gate }] : []),
    ...recent.map((part) => emitRecent(tape, part, softcap)),
  ];
  if (parts.length === 1) return parts[0]!.out;
  const lse = tape.op(
    "Concat",
    parts.map((part) => emitLse(tape, part)),
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
