/**
 * Groups copies into batches that one run of the runtime carries out. A run costs about half a millisecond on a fast GPU, whatever
 * it does, and a token's new rows are the same copy in every layer.
 *
 * The copies of a batch have the same numbers and no order, so none may touch memory that another writes.
 */
import type { Copy } from "../device.ts";

/** How many copies a run can make, the largest number first. */
export const batchSizes = [16, 4, 1] as const;

export type BatchSize = (typeof batchSizes)[number];

export type Batch<Memory> = { readonly size: BatchSize; readonly copies: readonly Copy<Memory>[] };

const numbers = ["from", "fromStride", "to", "toStride", "length", "count"] as const;

const sameNumbers = <Memory>(a: Copy<Memory>, b: Copy<Memory>): boolean => numbers.every((name) => a[name] === b[name]);

/** Copies with the same numbers, none of which touches memory that another writes. */
type Group<Memory> = {
  readonly copies: Copy<Memory>[];
  readonly read: Set<unknown>;
  readonly written: Set<unknown>;
};

/** Whether a copy must come after a group: both touch the same memory, and one of them writes it. */
const follows = <Memory>({ source, target }: Copy<Memory>, { read, written }: Group<Memory>): boolean =>
  written.has(target) || written.has(source) || read.has(target);

/** Copies in groups. Each copy joins the first group with its numbers after all groups that it must follow. */
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

/** All copies in batches, whose sizes are those of the copying graphs. */
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
