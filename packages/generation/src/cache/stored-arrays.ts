/**
 * A cache as a list of named arrays, and a cache made from such a list. Each stretch that has tokens gives, for each layer, the arrays of its
 * keys in every rotation and of its values, [numKvHeads, places in use, …]. A saved prefix holds this list. Places without a token are left
 * out.
 */
import type { TensorBuffer, BufferType, Memory } from "@ropewalk/backend";
import { frequenciesFor } from "@ropewalk/context-extension";
import { cacheLayout, type ExtendedDecoder, type PartArray, type SlotRun } from "@ropewalk/decoder";
import { roomyCache, type KeyValueCache } from "./cache.ts";
import type { HeldStretch } from "./group-cache.ts";
import { rules } from "./stretches/stretch-rules.ts";
import { settleStep } from "./stretches/settled.ts";
import { tokenLog } from "./token-log.ts";
import { slotsInUse } from "./stretches/slots-in-use.ts";

/** Elements side by side in a buffer. */
export type ElementRun = { readonly from: number; readonly length: number };

export type StoredArray = {
  /** The name of the graph's input, such as layers.0.settled_keys. */
  readonly name: string;
  readonly type: BufferType;
  readonly dims: readonly number[];
  readonly buffer: TensorBuffer;
  /** Where the elements lie in the buffer, in the order of the array. */
  readonly runs: readonly ElementRun[];
};

/** The runs of all heads, head by head. Each head has room for `tokens`. */
const elementRuns = (heads: number, { per, width }: PartArray, tokens: number, slots: readonly SlotRun[]) => {
  if (per === "head") return [{ from: 0, length: heads * width }];
  const runs: { from: number; length: number }[] = [];
  for (let head = 0; head < heads; head++)
    for (const { slot, count } of slots) {
      const from = (head * tokens + slot) * width;
      const last = runs.at(-1);
      if (last !== undefined && last.from + last.length === from) last.length += count * width;
      else runs.push({ from, length: count * width });
    }
  return runs;
};

const ofStretch = (
  heads: number,
  { stretch, layers }: HeldStretch,
  tokens: number,
  slots: readonly SlotRun[],
): readonly StoredArray[] => {
  const used = slots.reduce((sum, { count }) => sum + count, 0);
  if (used === 0) return [];
  return layers.flatMap((layer) =>
    layer.flatMap(({ part, inputs, buffers }) =>
      part.arrays.map((array, index): StoredArray => ({
        name: inputs[0]![index]!,
        type: array.type,
        dims: [heads, ...(array.per === "head" ? [] : [used / stretch.counted.tokens]), ...array.shape],
        buffer: buffers[index]!,
        runs: elementRuns(heads, array, tokens, slots),
      })),
    ),
  );
};

/** All arrays of a cache, in the order of its layout. */
export const storedArrays = (cache: KeyValueCache): readonly StoredArray[] =>
  cache.groups.flatMap((own) => {
    const slots = slotsInUse({ ...own, length: cache.length }, own.stretches);
    return own.stretches.flatMap((held, at) =>
      ofStretch(cache.extended.decoder.numKvHeads, held, held.rule.read(own, held, cache.length), slots[at]!),
    );
  });

/** How far a cache has come. */
export type Progress = {
  readonly ids: readonly number[];
  /** How many tokens of each group have settled. */
  readonly settled: readonly number[];
  /** The length that the frequencies were chosen for. */
  readonly planned: number;
};

/**
 * A cache that has come this far. Its arrays are still to be filled in.
 *
 * @throws RangeError of the backend where there is not enough memory; nothing is held then
 */
export const progressedCache = (
  backend: Memory,
  extended: ExtendedDecoder,
  { ids, settled, planned }: Progress,
): KeyValueCache => {
  const length = ids.length;
  const needed = extended.groups.map((group, place) => {
    const stretches = cacheLayout(extended, place).stretches.map((stretch) => ({ stretch, rule: rules[stretch.kind] }));
    const slots = slotsInUse({ group, settled: settled[place]!, length }, stretches);
    return slots.map((runs) => Math.max(0, ...runs.map(({ slot, count }) => slot + count)));
  });
  const room = (usual: number, place: number, at: number): number => {
    const least = needed[place]![at]!;
    return least <= usual ? usual : Math.ceil(least / settleStep) * settleStep;
  };
  return roomyCache(backend, extended, { length: Math.max(1, length), room }, (empty) => ({
    ...empty,
    tokens: tokenLog(ids),
    length,
    planned,
    frequencies: frequenciesFor(extended, planned),
    groups: empty.groups.map((own, place) => ({ ...own, settled: settled[place]! })),
  }));
};
