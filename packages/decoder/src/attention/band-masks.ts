/**
 * What the layers of a group share when many queries attend, band by band:
 *
 *   mask    (mask_1, …, mask_n)      over the keys of all parts that the band scores, one part behind the other
 *   range   first, last + 1          the keys of a part that the band opens for any query, where another band scores the part's keys too
 *
 * In a ring of W keys a chunk of C tokens behind W has C - 1 keys that are far for any of its queries. They lie together unless the ring's
 * end is among them. All is computed once for all layers.
 */
import { typeCode, type Tape, type Value } from "@ropewalk/graph";
import type { CacheLayout } from "../cache/cache-layout.ts";
import { maskedParts } from "./joint-masks.ts";
import type { SharedInputs } from "./shared-inputs.ts";

/** Keys of a part under masks, as one of its bands scores them. */
export type BandMember = {
  /** The part's place among those under masks. */
  readonly part: number;
  /** The band's place among those of the part. */
  readonly band: number;
  /** first and last + 1, [1] int64 each; undefined: all keys of the part. */
  readonly range: readonly [Value, Value] | undefined;
};

export type BandMask = {
  readonly members: readonly BandMember[];
  /** [group * seqLen, keys of all members] */
  readonly mask: Value;
};

/** x[..., from:to, ...] */
export const emitRange = (tape: Tape, x: Value, axis: number, [from, to]: readonly [Value, Value]): Value =>
  tape.op("Slice", [x, from, to, tape.constant("int64", [1], [axis])]);

/**
 * The first column with an open pair, and the one after the last. The first column alone if no pair is open: then one key may stand for
 * all.
 */
const openColumns = (tape: Tape, mask: Value): readonly [Value, Value] => {
  const axis = tape.constant("int64", [1], [0]);
  const best = tape.op("ReduceMax", [mask, axis], { keepdims: 0 });
  const place = (select_last_index: number): Value =>
    tape.op("ArgMax", [best], { axis: 0, keepdims: 1, select_last_index });
  const open = tape.op("Greater", [
    tape.op("ReduceMax", [best, axis], { keepdims: 1 }),
    tape.constant("float32", [], [-1]),
  ]);
  const last = tape.op("Mul", [place(1), tape.op("Cast", [open], { to: typeCode("int64") })]);
  return [place(0), tape.op("Add", [last, tape.constant("int64", [1], [1])])];
};

/**
 * @param tape - of the whole graph
 * @param few - whether the chunk has few queries, which need none of this
 */
export const bandMasks = (
  tape: Tape,
  { mask: declared }: Pick<SharedInputs, "mask">,
  few: Value,
  layout: CacheLayout,
): readonly BandMask[] => {
  const scored = maskedParts(layout).flatMap(({ bands, size }, part) =>
    bands.map(({ band: number, mask }, band) => ({ part, band, number, mask: declared(mask, size), ranged: band > 0 })),
  );
  const numbers = [...new Set(scored.map(({ number }) => number))];
  const bands = numbers.map((number) => scored.filter((each) => each.number === number));
  const given = tape.branch(few, {
    whenTrue: (at) =>
      bands.flatMap((members) => [
        at.constant("float32", [1, 1], [0]),
        ...members.flatMap(({ ranged }) => (ranged ? [0, 1].map((end) => at.constant("int64", [1], [end])) : [])),
      ]),
    whenFalse: (at) =>
      bands.flatMap((members) => {
        const seen = members.map(({ mask, ranged }) => {
          if (!ranged) return { mask, range: [] };
          const range = openColumns(at, mask);
          return { mask: emitRange(at, mask, 1, range), range };
        });
        const masks = seen.map(({ mask }) => mask);
        const mask = masks.length === 1 ? at.op("Identity", [masks[0]!]) : at.op("Concat", masks, { axis: 1 });
        return [mask, ...seen.flatMap(({ range }) => range)];
      }),
  });
  let next = 0;
  const take = (): Value => given[next++]!;
  return bands.map((members) => ({
    mask: take(),
    members: members.map(({ part, band, ranged }) => ({ part, band, range: ranged ? [take(), take()] : undefined })),
  }));
};
