/** What is asked for: sizes, bands, and where cached keys lie; checked, and with every default filled in. */
import { match } from "ts-pattern";
import { defaultLimits, type DeviceLimits } from "./limits.ts";
import type { Storage } from "./storage.ts";

/** Token t of a head lies in row (t - start) mod capacity: a run from `start` on, or a ring. */
export type CacheRows = { readonly start: number; readonly capacity: number };

/**
 * Which distances i - j are attended, and through which rotation.
 *
 * - `plain`: all of them, through one. Rows are laid out for `capacity` tokens a head, by default for those there are.
 * - `slidingWindow`: those below `window`, through one. Keys and values lie in `rows`.
 * - `nearAndFar`: those below `window` near, all others far (SelfExtend, ReRoPE). Far keys and values lie in `capacity` rows,
 *   near keys in `nearRows`.
 */
export type BandLayout =
  | { readonly kind: "plain"; readonly capacity?: number }
  | { readonly kind: "slidingWindow"; readonly window: number; readonly rows?: CacheRows }
  | {
      readonly kind: "nearAndFar";
      readonly window: number;
      readonly nearRows?: CacheRows;
      readonly capacity?: number;
    };

export type AttentionConfig = {
  readonly bands: BandLayout;
  readonly numHeads: number;
  /** Divides numHeads. */
  readonly numKvHeads: number;
  /** A multiple of 4 from 4 to 256. */
  readonly headDim: number;
  /** Position of the first query, which is the number of keys before it. */
  readonly start: number;
  readonly queryLen: number;
  /** Of queries, keys, values and out; default float32. */
  readonly storage?: Storage;
  /** Over how many workgroups the keys of one tile of queries are split; default by how many tiles there are. */
  readonly splits?: number;
  /** Default what every device has. A `GPUSupportedLimits` will do. */
  readonly limits?: DeviceLimits;
};

/** The same, in numbers alone. */
export type Shape = Pick<AttentionConfig, "numHeads" | "numKvHeads" | "headDim" | "start" | "queryLen"> & {
  readonly kind: BandLayout["kind"];
  readonly group: number;
  readonly keyLen: number;
  /** Where the near band ends; 2^31 - 1 where it does not. */
  readonly window: number;
  readonly near: CacheRows;
  /** Rows a head of far keys and values, or of values alone. */
  readonly keyCapacity: number;
  readonly storage: Storage;
  readonly limits: DeviceLimits;
};

/** Positions are signed 32-bit numbers in the kernel. */
const unbounded: number = 2 ** 31 - 1;

/** @throws RangeError naming the argument, the rule and the value. */
export const checkWhole = (name: string, value: number, least: number, most: number = unbounded): void => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`attentionKernel: ${name} must be a whole number from ${least} to ${most}, got ${value}`);
};

type Rows = Pick<Shape, "window" | "near" | "keyCapacity">;

const rowsOf = (bands: BandLayout, keyLen: number): Rows =>
  match(bands)
    .with({ kind: "plain" }, ({ capacity = keyLen }) => ({
      window: unbounded,
      near: { start: 0, capacity },
      keyCapacity: capacity,
    }))
    .with({ kind: "slidingWindow" }, ({ window, rows = { start: 0, capacity: keyLen } }) => ({
      window,
      near: rows,
      keyCapacity: rows.capacity,
    }))
    .with({ kind: "nearAndFar" }, ({ window, nearRows = { start: 0, capacity: keyLen }, capacity = keyLen }) => ({
      window,
      near: nearRows,
      keyCapacity: capacity,
    }))
    .exhaustive();

/** @throws RangeError when a size is not whole or out of range, heads do not divide, or keys that are needed have no row. */
export const shapeOf = (config: AttentionConfig): Shape => {
  const { bands, numHeads, numKvHeads, headDim, start, queryLen, storage = "float32", limits = defaultLimits } = config;
  checkWhole("numHeads", numHeads, 1);
  checkWhole("numKvHeads", numKvHeads, 1);
  if (numHeads % numKvHeads !== 0)
    throw new RangeError(`attentionKernel: numKvHeads must divide numHeads, got ${numKvHeads} and ${numHeads}`);
  checkWhole("headDim", headDim, 4, 256);
  if (headDim % 4 !== 0) throw new RangeError(`attentionKernel: headDim must be a multiple of 4, got ${headDim}`);
  checkWhole("start", start, 0);
  checkWhole("queryLen", queryLen, 1);
  const keyLen = start + queryLen;
  checkWhole("start + queryLen", keyLen, 1);

  const rows = rowsOf(bands, keyLen);
  const { window, near, keyCapacity } = rows;
  checkWhole("window", window, 1);
  const firstNear = Math.max(0, start + 1 - window);
  checkWhole("start of the near rows", near.start, 0, firstNear);
  checkWhole("capacity of the near rows", near.capacity, keyLen - firstNear);
  if (bands.kind === "nearAndFar") checkWhole("capacity", keyCapacity, keyLen);
  return {
    ...{ kind: bands.kind, numHeads, numKvHeads, group: numHeads / numKvHeads, headDim, start, queryLen, keyLen },
    ...rows,
    ...{ storage, limits },
  };
};
