/**
 * One layer's attention over keys that come in parts.
 *
 *   settled   the long stretch of keys that every query sees: no mask, only a gate
 *   masked    a mask [rows, keyLen] of 0 and -1e30 is added
 *   either    near for some queries, far for others, never both: S = max(S_near + mask_near, S_far + mask_far)
 *   bands     the same of any number of bands, each pair open in one at most: S = max_b (S_b + mask_b)
 *
 * The recent parts, masked, either and bands, share one softmax over their joined scores. The settled part is never joined with
 * them: its own softmax is merged in by log-sum-exp, so no mask, Where or Concat of the full width is ever computed.
 *
 * Runtimes disagree about tensors without elements, so a part always holds at least one key; an absent part is one
 * zero key with its gate or mask closed.
 */
import { aboveZero, byKind, checkKeys, optional } from "@ropewalk/check";
import type { Tape, Value } from "@ropewalk/graph";
import type { Measure } from "./measure.ts";
import { emitMerged, emitRowMax, type AttendedPart } from "./merge.ts";
import { emitScores, emitSoftcap, emitWeightedValues, type Softcap } from "./scores.ts";
import { emitIntegerAttention } from "./quantized.ts";
import { emitDense, type QuantizedSettled, type SettledPart } from "./settled.ts";

type Scored = { readonly queries: Value; readonly keys: Value };
type Masked = Scored & { readonly mask: Value };

export type MaskedPart = Masked & { readonly kind: "masked"; readonly values: Value };
export type EitherPart = {
  readonly kind: "either";
  readonly near: Masked;
  /** One key may stand for all where no query sees a far one: its scores are repeated behind the closed mask. */
  readonly far: Masked;
  readonly values: Value;
};
export type BandsPart = { readonly kind: "bands"; readonly bands: readonly Masked[]; readonly values: Value };
export type RecentPart = MaskedPart | EitherPart | BandsPart;

const emitMasked = (tape: Tape, part: Masked, softcap: Softcap): Value =>
  tape.op("Add", [emitSoftcap(tape, softcap, emitScores(tape, part.queries, part.keys)), part.mask]);

const emitRecentScores = (tape: Tape, part: RecentPart, softcap: Softcap): Value =>
  byKind("emitAttention", "recent", part, {
    masked: (masked) => emitMasked(tape, masked, softcap),
    either: ({ near, far }) => tape.op("Max", [emitMasked(tape, near, softcap), emitMasked(tape, far, softcap)]),
    bands: ({ bands }) =>
      bands.map((band) => emitMasked(tape, band, softcap)).reduce((most, scores) => tape.op("Max", [most, scores])),
  });

/** One softmax over the parts' joined scores. `lengths` [parts] int64 gives each part's keyLen. */
const emitJoined = (tape: Tape, parts: readonly RecentPart[], lengths: Value, softcap: Softcap): AttendedPart => {
  const scores = tape.op(
    "Concat",
    parts.map((part) => emitRecentScores(tape, part, softcap)),
    { axis: -1 },
  );
  const probabilities = tape.op("Softmax", [scores], { axis: -1 });
  const split = tape.ops("Split", parts.length, [probabilities, lengths], { axis: -1 });
  const out = parts
    .map((part, index) => emitWeightedValues(tape, split[index]!, part.values))
    .reduce((sum, term) => tape.op("Add", [sum, term]));
  return { probabilities, out, maxScore: emitRowMax(tape, scores), maxProbability: emitRowMax(tape, probabilities) };
};

/** A layer's queries, keys and values in parts. */
export type AttentionParts = {
  readonly settled?: SettledPart | undefined;
  /** Each query sees a key of at least one. */
  readonly recent: readonly RecentPart[];
  /** [recent.length] int64, the keyLen of each recent part. */
  readonly lengths: Value;
  /** The bound c of scores c tanh(score / c). Absent: they have none. */
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

/** What attention gives, and what is measured of it, where that is asked for: both [1, numKvHeads, rows, …]. */
export type Attended = { readonly out: Value; readonly measured?: Value };

/** Attention over all parts, with one in 8 bits attended as `emitQuantized` does it. */
export const emitParts = (
  tape: Tape,
  { settled, recent, lengths, softcap }: AttentionParts,
  emitQuantized: (tape: Tape, part: QuantizedSettled, softcap: Softcap) => AttendedPart,
  measure?: Measure,
): Attended => {
  const joined = emitJoined(tape, recent, lengths, softcap);
  const ofJoined = measure && { measured: measure.of(tape, joined.probabilities) };
  if (settled === undefined) return { out: joined.out, ...ofJoined };
  const partial = byKind<SettledPart, AttendedPart, []>("emitAttention", "settled", settled, {
    dense: (dense) => emitDense(tape, dense, softcap),
    quantized: (quantized) => emitQuantized(tape, quantized, softcap),
  });
  const { out, difference } = emitMerged(tape, partial, joined, settled.gate);
  if (measure === undefined) return { out };
  const ofSettled = measure.of(tape, partial.probabilities);
  return { out, measured: measure.merge(tape, difference, ofSettled, ofJoined!.measured) };
};

/**
 * Attention of grouped queries [1, numKvHeads, rows, headDim], scaled and rotated, over every part, all heads at once. Keys and
 * values are [numKvHeads, keyLen, headDim], with a batch of one in front where they come from `emitHeads`.
 *
 * With a settled part in 8 bits each query is rounded to 8 bits by itself, and multiplied as integers.
 *
 * @returns [1, numKvHeads, rows, headDim]
 */
export const emitAttention = (tape: Tape, parts: AttentionParts): Value => {
  checkParts("emitAttention", parts);
  return emitParts(tape, parts, emitIntegerAttention).out;
};

/** `emitAttention`, and what is measured of its probabilities: [1, numKvHeads, rows, 1], or as many columns as there are keys. */
export const emitMeasuredAttention = (
  tape: Tape,
  measure: Measure,
  parts: AttentionParts,
): readonly [attended: Value, measured: Value] => {
  checkParts("emitMeasuredAttention", parts);
  const { out, measured } = emitParts(tape, parts, emitIntegerAttention, measure);
  return [out, measured!];
};
