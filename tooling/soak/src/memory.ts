/** The process's memory when all that can be freed is freed. Needs `--expose-gc`. */
import { setTimeout } from "node:timers/promises";

/** Bytes that are resident. Collected several times, since what frees memory outside of the heap runs behind a collection. */
export const settledBytes = async (): Promise<number> => {
  for (let time = 0; time < 4; time++) {
    globalThis.gc!();
    await setTimeout(20);
  }
  return process.memoryUsage().rss;
};

/** By how much memory has grown, as a share of what it was. */
export const growth = (before: number, after: number): number => after / before - 1;

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
