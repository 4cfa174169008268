/**
 * One layer's attention head after head: a Scan over the axis of heads of all queries, keys and values. Masks, gates and lengths are
 * the same for every head; the Scan's body reads them from outside.
 *
 * A head's slices get a leading axis of 1. Of a product of two matrices and the mask behind it ONNX Runtime makes one node, which copies the mask
 * before it multiplies, in one thread: twice the time of both.
 */
import { byKind } from "@ropewalk/check";
import type { Tape, Value } from "@ropewalk/graph";
import { emitApart } from "./apart.ts";
import { checkParts, emitParts, type AttentionParts } from "./attention.ts";
import type { Measure } from "./measure.ts";
import type { SoftmaxPart } from "./merge.ts";
import { emitWidened } from "./quantized.ts";
import { emitDense, type QuantizedSettled, type SettledPart } from "./settled.ts";
import type { Softcap } from "./scores.ts";
import { shape } from "./shape.ts";

/** The parts with every value replaced that has an axis of heads. `tiles` replaces the values in 8 bits, whose first axis is heads. */
const mapHeads = (
  { settled, recent, ...rest }: AttentionParts,
  apply: (value: Value) => Value,
  tiles: (value: Value) => Value,
): AttentionParts => ({
  ...rest,
  settled:
    settled &&
    byKind<SettledPart, SettledPart, []>("emitAttentionByHead", "settled", settled, {
      dense: (part) => ({
        ...part,
        queries: apply(part.queries),
        keys: apply(part.keys),
        values: apply(part.values),
      }),
      quantized: (part) => ({
        ...part,
        queries: apply(part.queries),
        keys: tiles(part.keys),
        values: tiles(part.values),
        keyScales: tiles(part.keyScales),
        valueScales: tiles(part.valueScales),
      }),
    }),
  recent: recent.map(({ bands, values }) => ({
    bands: bands.map((band) => ({ ...band, queries: apply(band.queries), keys: apply(band.keys) })),
    values: apply(values),
  })),
});

/** Attention over a settled part in 8 bits, widened to float32. */
const emitWidenedAttention = (tape: Tape, part: QuantizedSettled, softcap: Softcap): SoftmaxPart =>
  emitDense(tape, { queries: part.queries, ...emitWidened(tape, part) }, softcap);

const emitHeadAfterHead = (tape: Tape, parts: AttentionParts, measure?: Measure): readonly Value[] => {
  const batch = shape(tape, 0);
  // One slice for each value, even if several parts read it.
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
  const given = tape.scan([...scanned.values()], (body, slices) => {
    const slice = ({ name }: Value): Value => slices[names.indexOf(name)]!;
    const ofHead = mapHeads(parts, (value) => body.op("Unsqueeze", [slice(value), batch]), slice);
    const { out, measured } =
      measure === undefined
        ? { out: emitApart(body, ofHead, emitWidenedAttention) }
        : emitParts(body, ofHead, emitWidenedAttention, measure);
    return [out, ...(measured === undefined ? [] : [measured])].map((value) => body.op("Squeeze", [value, batch]));
  });
  return given.map((heads) => tape.op("Unsqueeze", [heads, batch]));
};

/**
 * `emitAttention` for any number of queries, head after head. The scores [rows, keyLen] of one head stay in the processor's cache;
 * those of all heads would go through memory several times. A settled part in 8 bits is widened to float32.
 */
export const emitAttentionByHead = (tape: Tape, parts: AttentionParts): Value => {
  checkParts("emitAttentionByHead", parts);
  return emitHeadAfterHead(tape, parts)[0]!;
};

/** `emitMeasuredAttention` for any number of queries, head after head. */
export const emitMeasuredAttentionByHead = (
  tape: Tape,
  measure: Measure,
  parts: AttentionParts,
): readonly [attended: Value, measured: Value] => {
  checkParts("emitMeasuredAttentionByHead", parts);
  const [out, measured] = emitHeadAfterHead(tape, parts, measure);
  return [out!, measured!];
};
