/**
 * One layer's attention over keys that come in parts.
 *
 *   settled   the long stretch of keys that every query sees: no mask, only a gate
 *   masked    a mask [rows, keyLen] of 0 and -1e30 is added
 *   either    near for some queries, far for others, never both: S = max(S_near + mask_near, S_far + mask_far)
 *
 * The recent parts, masked and either, share one softmax over their joined scores. The settled part is never joined with
 * them: its own softmax is merged in by log-sum-exp, so no mask, Where or Concat of the full width is ever computed.
 *
 * Runtimes disagree about tensors without elements, so a part always holds at least one key; an absent part is one
 * zero key with its gate or mask closed.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { match } from "ts-pattern";
import { emitMerge, emitRowMax, type EmittedPartial } from "./merge.ts";
import { emitScores, emitWeightedValues } from "./scores.ts";
import { emitIntegerAttention, emitWidened } from "./quantized.ts";
import { emitDense, type SettledPart } from "./settled.ts";

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
export type RecentPart = MaskedPart | EitherPart;

const emitMasked = (tape: Tape, part: Masked): Value =>
  tape.op("Add", [emitScores(tape, part.queries, part.keys), part.mask]);

const emitRecentScores = (tape: Tape, part: RecentPart): Value =>
  match(part)
    .with({ kind: "masked" }, (masked) => emitMasked(tape, masked))
    .with({ kind: "either" }, ({ near, far }) => tape.op("Max", [emitMasked(tape, near), emitMasked(tape, far)]))
    .exhaustive();

/** One softmax over the parts' joined scores. `lengths` [parts] int64 gives each part's keyLen. */
const emitJoined = (tape: Tape, parts: readonly RecentPart[], lengths: Value): EmittedPartial => {
  const scores = tape.op(
    "Concat",
    parts.map((part) => emitRecentScores(tape, part)),
    { axis: -1 },
  );
  const probabilities = tape.op("Softmax", [scores], { axis: -1 });
  const split = tape.ops("Split", parts.length, [probabilities, lengths], { axis: -1 });
  const out = parts
    .map((part, index) => emitWeightedValues(tape, split[index]!, part.values))
    .reduce((sum, term) => tape.op("Add", [sum, term]));
  return { out, maxScore: emitRowMax(tape, scores), maxProbability: emitRowMax(tape, probabilities) };
};

/** A layer's queries, keys and values in parts. */
export type AttentionParts = {
  readonly settled?: SettledPart | undefined;
  /** Each query sees a key of at least one. */
  readonly recent: readonly RecentPart[];
  /** [recent.length] int64, the keyLen of each recent part. */
  readonly lengths: Value;
};

const emitParts = (
  tape: Tape,
  { settled, recent, lengths }: AttentionParts,
  settledPartial: SettledAttention,
): Value => {
  const joined = emitJoined(tape, recent, lengths);
  return settled === undefined ? joined.out : emitMerge(tape, settledPartial(tape, settled), joined, settled.gate);
};

type SettledAttention = (tape: Tape, part: SettledPart) => EmittedPartial;

/**
 * Attention of grouped queries [1, numKvHeads, rows, headDim], scaled and rotated, over every part, all heads at once. Keys and
 * values are [numKvHeads, keyLen, headDim], with a batch of one in front where they come from `emitHeads`.
 *
 * With a settled part in 8 bits there must be one query: it is multiplied as integers.
 *
 * @returns [1, numKvHeads, rows, headDim]
 */
export const emitAttention = (tape: Tape, parts: AttentionParts): Value =>
  emitParts(tape, parts, (own, part) =>
    match(part)
      .with({ kind: "dense" }, (dense) => emitDense(own, dense))
      .with({ kind: "quantized" }, (quantized) => emitIntegerAttention(own, quantized))
      .exhaustive(),
  );

/** The parts with each value that has a heads' axis replaced; `blocks` are those of a part in 8 bits, whose first axis it is. */
const mapHeads = (
  { settled, recent, lengths }: AttentionParts,
  apply: (value: Value) => Value,
  blocks: (value: Value) => Value,
): AttentionParts => ({
  lengths,
  settled:
    settled &&
    match(settled)
      .with({ kind: "dense" }, (part) => ({
        ...part,
        ...{ queries: apply(part.queries), keys: apply(part.keys), values: apply(part.values) },
      }))
      .with({ kind: "quantized" }, (part) => ({
        ...part,
        ...{ queries: apply(part.queries), keys: blocks(part.keys), values: blocks(part.values) },
        ...{ keyScales: blocks(part.keyScales), valueScales: blocks(part.valueScales) },
      }))
      .exhaustive(),
  recent: recent.map((part) =>
    match(part)
      .with({ kind: "masked" }, (masked) => ({
        ...masked,
        ...{ queries: apply(masked.queries), keys: apply(masked.keys), values: apply(masked.values) },
      }))
      .with({ kind: "either" }, ({ kind, near, far, values }) => ({
        kind,
        near: { ...near, queries: apply(near.queries), keys: apply(near.keys) },
        far: { ...far, queries: apply(far.queries), keys: apply(far.keys) },
        values: apply(values),
      }))
      .exhaustive(),
  ),
});

/**
 * The same for any number of queries, head after head: scores [rows, keyLen] of one head stay in the processor's cache where
 * those of all heads would go through memory, several times. A settled part in 8 bits is widened to float32.
 */
export const emitAttentionByHead = (tape: Tape, parts: AttentionParts): Value => {
  const batch = tape.constant("int64", [1], [0]);
  // One slice for each value, in however many parts it is.
  const scanned = new Map<string, Value>();
  const scan = (value: Value, heads: () => Value): Value => {
    if (!scanned.has(value.name)) scanned.set(value.name, heads());
    return value;
  };
  mapHeads(
    parts,
    (value) => scan(value, () => (value.dims?.length === 4 ? tape.op("Squeeze", [value, batch]) : value)),
    (value) => scan(value, () => value),
  );
  const names = [...scanned.keys()];
  const [out] = tape.scan([...scanned.values()], (body, slices) => {
    const slice = ({ name }: Value): Value => slices[names.indexOf(name)]!;
    return [
      emitParts(body, mapHeads(parts, slice, slice), (own, part) =>
        match(part)
          .with({ kind: "dense" }, (dense) => emitDense(own, dense))
          .with({ kind: "quantized" }, (quantized) =>
            emitDense(own, { queries: quantized.queries, ...emitWidened(own, quantized) }),
          )
          .exhaustive(),
      ),
    ];
  });
  return tape.op("Unsqueeze", [out!, batch]);
};
