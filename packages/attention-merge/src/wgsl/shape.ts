/** The configuration of the kernel: sizes, bands and the place of cached keys, checked and with every default filled in. */
import {
  byVariant,
  checkConfig,
  checkKeys,
  checkNumber,
  oneOf,
  optional,
  type Keys,
  type Rule,
  type Variants,
} from "@ropewalk/check";
import { defaultLimits, type DeviceLimits } from "./limits.ts";
import { bytesPerElement, type Storage } from "./storage.ts";

/** The rows of a cache: token t of a head lies in row (t - start) mod capacity. They hold a run from `start` on, or are a ring. */
export type CacheRows = { readonly start: number; readonly capacity: number };

/**
 * Which distances i - j are attended, and in which rotation.
 *
 * - `plain`: all distances, in one rotation. There are `capacity` rows for each head, by default as many as tokens.
 * - `slidingWindow`: distances below `window`, in one rotation. Keys and values lie in `rows`.
 * - `nearAndFar`: distances below `window` in the near rotation, all others in the far rotation (SelfExtend, ReRoPE). Far keys and
 *   values lie in `capacity` rows, near keys in `nearRows`.
 */
export type KernelBands =
  | { readonly kind: "plain"; readonly capacity?: number }
  | { readonly kind: "slidingWindow"; readonly window: number; readonly rows?: CacheRows }
  | {
      readonly kind: "nearAndFar";
      readonly window: number;
      readonly nearRows?: CacheRows;
      readonly capacity?: number;
    };

export type AttentionConfig = {
  readonly bands: KernelBands;
  readonly numHeads: number;
  /** Divides numHeads. */
  readonly numKvHeads: number;
  /** A multiple of 4 from 4 to 256. */
  readonly headDim: number;
  /** Position of the first query, which is the number of keys before it. */
  readonly start: number;
  readonly queryLen: number;
  /** The type of queries, keys, values and `out`; default float32. */
  readonly storage?: Storage;
  /** Over how many workgroups the keys of one tile of queries are split; the default depends on the number of tiles. */
  readonly splits?: number;
  /** The device's limits, such as a `GPUSupportedLimits`; by default those that every device has. */
  readonly limits?: DeviceLimits;
};

/** The configuration in numbers, with every default filled in. */
export type Shape = Pick<AttentionConfig, "numHeads" | "numKvHeads" | "headDim" | "start" | "queryLen"> & {
  readonly kind: KernelBands["kind"];
  readonly group: number;
  readonly keyLen: number;
  /** Where the near band ends; 2^31 - 1 if it has no end. */
  readonly window: number;
  readonly near: CacheRows;
  /** The number of rows for each head of far keys and values, or of values alone. */
  readonly keyCapacity: number;
  readonly storage: Storage;
  readonly limits: DeviceLimits;
};

/** Positions are signed 32-bit numbers in the kernel. */
const unbounded: number = 2 ** 31 - 1;

/** @throws RangeError naming the argument, the rule and the value. */
export const checkWhole = (
  where: string,
  name: string,
  value: number,
  least: number,
  most: number = unbounded,
): void => {
  const holds = Number.isInteger(value) && value >= least && value <= most;
  checkNumber(where, name, value, holds, `a whole number from ${least} to ${most}`);
};

type Rows = Pick<Shape, "window" | "near" | "keyCapacity">;

const rows: Keys<CacheRows> = { start: true, capacity: true };
const maybeRows: Rule = (where, name, value) => {
  if (value !== undefined) checkKeys(where, name, value as CacheRows, rows);
};

/** For each kind of bands: the checks of its fields, and the function that gives the window and the rows. */
const kernelBands: Variants<KernelBands, Rows, [keyLen: number]> = {
  plain: [
    { capacity: true },
    ({ capacity }, keyLen) => ({
      window: unbounded,
      near: { start: 0, capacity: capacity ?? keyLen },
      keyCapacity: capacity ?? keyLen,
    }),
  ],
  slidingWindow: [
    { window: true, rows: maybeRows },
    ({ window, ...given }, keyLen) => {
      const near = given.rows ?? { start: 0, capacity: keyLen };
      return { window, near, keyCapacity: near.capacity };
    },
  ],
  nearAndFar: [
    { window: true, nearRows: maybeRows, capacity: true },
    ({ window, nearRows, capacity }, keyLen) => ({
      window,
      near: nearRows ?? { start: 0, capacity: keyLen },
      keyCapacity: capacity ?? keyLen,
    }),
  ],
};

const configKeys: Keys<AttentionConfig> = {
  bands: true,
  numHeads: true,
  numKvHeads: true,
  headDim: true,
  start: true,
  queryLen: true,
  storage: optional(oneOf(bytesPerElement)),
  splits: true,
  limits: true,
};

/** @throws RangeError when a size is not whole or out of range, numKvHeads does not divide numHeads, or needed keys have no row. */
export const shapeOf = (where: string, config: AttentionConfig): Shape => {
  checkConfig(where, config, configKeys);
  const { bands, numHeads, numKvHeads, headDim, start, queryLen, storage = "float32", limits = defaultLimits } = config;
  checkWhole(where, "numHeads", numHeads, 1);
  checkWhole(where, "numKvHeads", numKvHeads, 1);
  if (numHeads % numKvHeads !== 0)
    throw new RangeError(`${where}: numKvHeads must divide numHeads, got ${numKvHeads} and ${numHeads}`);
  checkWhole(where, "headDim", headDim, 4, 256);
  if (headDim % 4 !== 0) throw new RangeError(`${where}: headDim must be a multiple of 4, got ${headDim}`);
  checkWhole(where, "start", start, 0);
  checkWhole(where, "queryLen", queryLen, 1);
  const keyLen = start + queryLen;
  checkWhole(where, "start + queryLen", keyLen, 1);

  const placed = byVariant(where, "bands", bands, kernelBands, keyLen);
  const { window, near, keyCapacity } = placed;
  checkWhole(where, "window", window, 1);
  const firstNear = Math.max(0, start + 1 - window);
  checkWhole(where, "start of the near rows", near.start, 0, firstNear);
  checkWhole(where, "capacity of the near rows", near.capacity, keyLen - firstNear);
  if (bands.kind === "nearAndFar") checkWhole(where, "capacity", keyCapacity, keyLen);
  return {
    kind: bands.kind,
    numHeads,
    numKvHeads,
    group: numHeads / numKvHeads,
    headDim,
    start,
    queryLen,
    keyLen,
    ...placed,
    storage,
    limits,
  };
};
