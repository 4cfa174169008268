/**
 * Copies carried out together. A run of the runtime costs about half a millisecond on a fast card, whatever it does, and a token's
 * new rows are the same copy in every layer: one run makes as many of them as a graph has places.
 *
 * The copies of a batch have the same numbers and no order, so none may touch what another writes.
 */
import type { Copy } from "../device.ts";

/** How many copies a run can make, largest first; the last takes any that is left. */
export const batchSizes = [16, 4, 1] as const;

export type BatchSize = (typeof batchSizes)[number];

export type Batch<Memory> = { readonly size: BatchSize; readonly copies: readonly Copy<Memory>[] };

const numbers = ["from", "fromStride", "to", "toStride", "length", "count"] as const;

const sameNumbers = <Memory>(a: Copy<Memory>, b: Copy<Memory>): boolean => numbers.every((name) => a[name] === b[name]);

/** Copies of the same numbers, none of which touches what another writes. */
type Group<Memory> = {
  readonly copies: Copy<Memory>[];
  readonly read: Set<unknown>;
  readonly written: Set<unknown>;
};

/** Whether a copy must stay behind a group: they touch the same memory, and one of them writes it. */
const follows = <Memory>({ source, target }: Copy<Memory>, { read, written }: Group<Memory>): boolean =>
  written.has(target) || written.has(source) || read.has(target);

/** Copies in groups. Each is put into the earliest group of its numbers that lies behind all that it must follow. */
const grouped = <Memory>(copies: readonly Copy<Memory>[]): readonly Group<Memory>[] => {
  const groups: Group<Memory>[] = [];
  for (const copy of copies) {
    const first = groups.findLastIndex((group) => follows(copy, group)) + 1;
    const joined = groups.slice(first).find((group) => sameNumbers(group.copies[0]!, copy));
    const group = joined ?? { copies: [], read: new Set(), written: new Set() };
    if (joined === undefined) groups.push(group);
    group.copies.push(copy);
    group.read.add(copy.source);
    group.written.add(copy.target);
  }
  return groups;
};

/** All copies, in batches of the sizes that there are graphs for. */
export const inBatches = <Memory>(copies: readonly Copy<Memory>[]): readonly Batch<Memory>[] =>
  grouped(copies).flatMap(({ copies: run }) => {
    const batches: Batch<Memory>[] = [];
    for (let at = 0; at < run.length;) {
      const size = batchSizes.find((most) => most <= run.length - at)!;
      batches.push({ size, copies: run.slice(at, at + size) });
      at += size;
    }
    return batches;
  });
