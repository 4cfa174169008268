/**
 * One layer's attention over keys that come in parts.
 *
 *   settled   the long stretch of keys that every query sees: no mask, only a gate
 *   recent    keys in one or more bands, each with a mask [rows, keyLen] of 0 and -1e30; a pair is open in one band at most:
 *             S = max_b (S_b + mask_b)
 *
 * The recent parts share one softmax over their joined scores (in `apart.ts` each has its own). The settled part is never joined with
 * them: its own softmax is merged in by log-sum-exp, so no mask, Where or Concat has the full width.
 *
 * Runtimes disagree about tensors without elements, so a part always holds at least one key. An absent part is one zero key whose
 * gate or mask is closed.
 */
import { aboveZero, byKind, checkKeys, optional } from "@ropewalk/check";
import type { Tape, Value } from "@ropewalk/graph";
import type { Measure } from "./measure.ts";
import { emitMerged, emitPartial, emitSoftmaxPart, type SoftmaxPart } from "./merge.ts";
import { emitScores, emitSoftcap, emitWeightedValues, type Softcap } from "./scores.ts";
import { emitIntegerAttention } from "./quantized.ts";
import { emitDense, type QuantizedSettled, type SettledPart } from "./settled.ts";

/** Keys in one rotation, with the queries that score them. */
export type MaskedBand = {
  readonly queries: Value;
  /** If no query sees a key in this band, one key may stand for all: its scores are broadcast, and the mask closes them. */
  readonly keys: Value;
  /** [rows, keyLen]: 0 for the pairs of the band, -1e30 for the others. */
  readonly mask: Value;
};

/** Keys that some queries see and others do not, in one or more bands, and their values. */
export type RecentPart = { readonly bands: readonly MaskedBand[]; readonly values: Value };

/** The scores of a part under its masks, [..., rows, keyLen]. */
export const emitRecentScores = (tape: Tape, { bands }: RecentPart, softcap: Softcap): Value =>
  bands
    .map(({ queries, keys, mask }) =>
      tape.op("Add", [emitSoftcap(tape, softcap, emitScores(tape, queries, keys)), mask]),
    )
    .reduce((most, scores) => tape.op("Max", [most, scores]));

/** One softmax over the parts' joined scores. `lengths` [parts] int64 gives each part's keyLen. */
const emitJoined = (tape: Tape, parts: readonly RecentPart[], lengths: Value, softcap: Softcap): SoftmaxPart => {
  const scores = tape.op(
    "Concat",
    parts.map((part) => emitRecentScores(tape, part, softcap)),
    { axis: -1 },
  );
  return emitSoftmaxPart(tape, scores, (probabilities) => {
    const split = tape.ops("Split", parts.length, [probabilities, lengths], { axis: -1 });
    return parts
      .map((part, index) => emitWeightedValues(tape, split[index]!, part.values))
      .reduce((sum, term) => tape.op("Add", [sum, term]));
  });
};

/** A layer's queries, keys and values in parts. */
export type AttentionParts = {
  readonly settled?: SettledPart | undefined;
  /** Each query must see a key of at least one of these parts. */
  readonly recent: readonly RecentPart[];
  /** [recent.length] int64, the keyLen of each recent part. */
  readonly lengths: Value;
  /** The bound c of scores c tanh(score / c). Absent: scores are not bounded. */
  readonly softcap?: Softcap;
};

/** @throws TypeError when there is a key that is not known */
export const checkParts = (where: string, parts: AttentionParts): void => {
  checkKeys(where, "parts", parts, {
    settled: true,
    recent: true,
    lengths: true,
    softcap: optional(aboveZero),
  });
};

/** The result of attention, and a measure of its probabilities if one is asked for: both [1, numKvHeads, rows, …]. */
export type Attended = { readonly out: Value; readonly measured?: Value };

/** Attention over a settled part in 8 bits. */
export type EmitQuantized = (tape: Tape, part: QuantizedSettled, softcap: Softcap) => SoftmaxPart;

/** Attention over a settled part by itself, without its gate. */
export const emitSettled = (
  tape: Tape,
  settled: SettledPart,
  softcap: Softcap,
  emitQuantized: EmitQuantized,
): SoftmaxPart =>
  byKind<SettledPart, SoftmaxPart, []>("emitAttention", "settled", settled, {
    dense: (dense) => emitDense(tape, dense, softcap),
    quantized: (quantized) => emitQuantized(tape, quantized, softcap),
  });

/** Attention over all parts: one softmax for the recent parts, one for the settled part. */
export const emitParts = (
  tape: Tape,
  { settled, recent, lengths, softcap }: AttentionParts,
  emitQuantized: EmitQuantized,
  measure?: Measure,
): Attended => {
  const joined = emitJoined(tape, recent, lengths, softcap);
  const ofJoined = measure && { measured: measure.of(tape, joined.probabilities) };
  if (settled === undefined) return { out: joined.out, ...ofJoined };
  const longest = emitSettled(tape, settled, softcap, emitQuantized);
  const { out, difference } = emitMerged(tape, emitPartial(tape, longest), emitPartial(tape, joined), settled.gate);
  if (measure === undefined) return { out };
  const ofSettled = measure.of(tape, longest.probabilities);
  return { out, measured: measure.merge(tape, difference, ofSettled, ofJoined!.measured) };
};

/**
 * Attention of grouped queries [1, numKvHeads, rows, headDim], already scaled and rotated, over all parts, all heads at once. Keys
 * and values are [numKvHeads, keyLen, headDim], with a leading axis of 1 if they come from `emitHeads`.
 *
 * With a settled part in 8 bits each query is rounded to 8 bits by itself, and multiplied as integers.
 *
 * @returns [1, numKvHeads, rows, headDim]
 */
export const emitAttention = (tape: Tape, parts: AttentionParts): Value => {
  checkParts("emitAttention", parts);
  return emitParts(tape, parts, emitIntegerAttention).out;
};

/** `emitAttention` with a measure of its probabilities: [1, numKvHeads, rows, 1], or as many columns as there are keys. */
export const emitMeasuredAttention = (
  tape: Tape,
  measure: Measure,
  parts: AttentionParts,
): readonly [attended: Value, measured: Value] => {
  checkParts("emitMeasuredAttention", parts);
  const { out, measured } = emitParts(tape, parts, emitIntegerAttention, measure);
  return [out, measured!];
};
