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

/** Runs of copies that may be made in any order, in the order that was asked for. */
const independent = <Memory>(copies: readonly Copy<Memory>[]): readonly (readonly Copy<Memory>[])[] => {
  const runs: Copy<Memory>[][] = [];
  let read = new Set<unknown>();
  let written = new Set<unknown>();
  for (const copy of copies) {
    const { source, target } = copy;
    const run = runs.at(-1);
    const joins =
      run !== undefined &&
      sameNumbers(run[0]!, copy) &&
      !written.has(target) &&
      !written.has(source) &&
      !read.has(target) &&
      source !== target;
    if (joins) run.push(copy);
    else {
      runs.push([copy]);
      [read, written] = [new Set(), new Set()];
    }
    read.add(source);
    written.add(target);
  }
  return runs;
};

/** All copies, in batches of the sizes that there are graphs for. */
export const inBatches = <Memory>(copies: readonly Copy<Memory>[]): readonly Batch<Memory>[] =>
  independent(copies).flatMap((run) => {
    const batches: Batch<Memory>[] = [];
    for (let at = 0; at < run.length;) {
      const size = batchSizes.find((most) => most <= run.length - at)!;
      batches.push({ size, copies: run.slice(at, at + size) });
      at += size;
    }
    return batches;
  });
