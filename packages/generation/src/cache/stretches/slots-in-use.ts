/** The places of a stretch that have a token. Only these are stored. */
import type { CacheStretch, SlotRun } from "@ropewalk/decoder";
import type { Standing, StretchRule } from "../group-cache.ts";

type Ruled = { readonly stretch: CacheStretch; readonly rule: StretchRule };

/** Runs merged in the order of places. A place of a ring that has gone round counts once. */
const merged = (runs: readonly SlotRun[]): readonly SlotRun[] => {
  const all: { slot: number; count: number }[] = [];
  for (const { slot, count } of runs.toSorted((a, b) => a.slot - b.slot)) {
    const last = all.at(-1);
    if (last !== undefined && slot <= last.slot + last.count)
      last.count = Math.max(last.count, slot + count - last.slot);
    else if (count > 0) all.push({ slot, count });
  }
  return all;
};

/** The places in use of each stretch of a group, the oldest stretch first. */
export const slotsInUse = (cache: Standing, stretches: readonly Ruled[]): readonly (readonly SlotRun[])[] => {
  let begin = 0;
  return stretches.map(({ stretch, rule }) => {
    const end = rule.end(cache, stretch);
    if (end <= begin) return [];
    const runs = merged(rule.runs(cache, begin, end));
    begin = end;
    return runs;
  });
};
