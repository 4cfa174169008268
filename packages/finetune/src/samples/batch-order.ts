/**
 * The samples of each step. Every epoch is an order of all samples, drawn from the seed and the epoch's number, and batches are taken
 * from that order one after another. A step's batch depends on the seed and the step alone, so a resumed run sees the batches that
 * it would have seen without the interruption.
 */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A random order of `count` samples, by Fisher and Yates. */
const shuffled = (count: number, seed: number): readonly number[] => {
  const random = xoroshiro128plus(seed);
  const order = Array.from({ length: count }, (_, at) => at);
  for (let last = count - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
};

/** Spreads an epoch's number over 32 bits: with seed + epoch, a run with the next seed would get the same orders. */
const epochSeed = (seed: number, epoch: number): number => (seed ^ Math.imul(epoch, 0x9e3779b1)) | 0;

/** The indices of a step's samples. */
export const batchOf = (
  { count, batchSize, seed }: { readonly count: number; readonly batchSize: number; readonly seed: number },
  step: number,
): readonly number[] => {
  const orders = new Map<number, readonly number[]>();
  return Array.from({ length: batchSize }, (_, offset) => {
    const at = step * batchSize + offset;
    const epoch = Math.floor(at / count);
    const order = orders.get(epoch) ?? shuffled(count, epochSeed(seed, epoch));
    orders.set(epoch, order);
    return order[at % count]!;
  });
};
