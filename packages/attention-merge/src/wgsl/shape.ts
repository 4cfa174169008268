/** The configuration of the kernel: sizes, bands and the place of cached keys, checked and with every default filled in. */
import {
  aboveZero,
  byVariant,
  checkConfig,
  checkKeys,
  oneOf,
  optional,
  type Keys,
  type Rule,
  type Variants,
} from "@ropewalk/check";
import { checkHeadDim, checkWhole, unbounded } from "./checks.ts";
import { defaultLimits, type DeviceLimits } from "./limits.ts";
import { outOrders, type OutOrder } from "./out-order.ts";
import { bytesPerElement, type Storage } from "./storage.ts";

/** The rows of a cache: token t of a head lies in row (t - start) mod capacity. They hold a run from `start` on, or are a ring. */
export type CacheRows = { readonly start: number; readonly capacity: number };

/**
 * Which distances i - j are attended, and in which rotation.
 *
 * - `plain`: all distances, in one rotation.
 * - `slidingWindow`: distances below `window`, in one rotation.
 * - `nearAndFar`: distances below `window` in the near rotation, all others in the far rotation (SelfExtend, ReRoPE).
 *
 * Keys and values of one rotation lie in `rows`. With two rotations far keys and values lie in `rows`, near keys in `nearRows`. By default
 * there is a row for each token from the first on; `capacity` is short for rows that start at token 0.
 */
export type KernelBands =
  | { readonly kind: "plain"; readonly capacity?: number; readonly rows?: CacheRows }
  | { readonly kind: "slidingWindow"; readonly window: number; readonly rows?: CacheRows }
  | {
      readonly kind: "nearAndFar";
      readonly window: number;
      readonly nearRows?: CacheRows;
      readonly capacity?: number;
      readonly rows?: CacheRows;
    };

/** The keys of tokens `from` to before `to`. */
export type KeyRange = { readonly from: number; readonly to: number };

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
  /** Which keys are attended to; default all from the first to the last query's own. */
  readonly keys?: KeyRange;
  /** The bound c of scores, which become c tanh(s / c); absent: none. */
  readonly softcap?: number | undefined;
  /** The order of the rows of `out`; default "heads". */
  readonly order?: OutOrder;
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
  readonly keys: KeyRange;
  /** Where the near band ends; 2^31 - 1 if it has no end. */
  readonly window: number;
  readonly near: CacheRows;
  /** The rows of far keys and values, or of values alone. */
  readonly rows: CacheRows;
  /** The first key that is near for a query. */
  readonly nearFirst: number;
  readonly softcap: number | undefined;
  readonly storage: Storage;
  readonly order: OutOrder;
  readonly limits: DeviceLimits;
};

type Rows = Pick<Shape, "window" | "near" | "rows">;

const cacheRows: Keys<CacheRows> = { start: true, capacity: true };
const maybeRows: Rule = (where, name, value) => {
  if (value !== undefined) checkKeys(where, name, value as CacheRows, cacheRows);
};

type Given = { readonly capacity?: number; readonly rows?: CacheRows };

/** The rows that are given, in either form, or one for each token. */
const rowsOf = ({ capacity, rows }: Given, keyLen: number): CacheRows =>
  rows ?? { start: 0, capacity: capacity ?? keyLen };

/** For each kind of bands: the checks of its fields, and the function that gives the window and the rows. */
const kernelBands: Variants<KernelBands, Rows, [keyLen: number]> = {
  plain: [
    { capacity: true, rows: maybeRows },
    (given, keyLen) => ({ window: unbounded, near: rowsOf(given, keyLen), rows: rowsOf(given, keyLen) }),
  ],
  slidingWindow: [
    { window: true, rows: maybeRows },
    ({ window, ...given }, keyLen) => ({ window, near: rowsOf(given, keyLen), rows: rowsOf(given, keyLen) }),
  ],
  nearAndFar: [
    { window: true, nearRows: maybeRows, capacity: true, rows: maybeRows },
    ({ window, nearRows, ...given }, keyLen) => ({
      window,
      near: nearRows ?? { start: 0, capacity: keyLen },
      rows: rowsOf(given, keyLen),
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
  keys: true,
  softcap: optional(aboveZero),
  order: optional(oneOf(outOrders)),
  storage: optional(oneOf(bytesPerElement)),
  splits: true,
  limits: true,
};

const keyRange: Keys<KeyRange> = { from: true, to: true };

/** The keys that are attended to. Every query sees one of them at least. */
const keysOf = (where: string, { keys, start, queryLen }: AttentionConfig): KeyRange => {
  if (keys === undefined) return { from: 0, to: start + queryLen };
  const { from, to } = checkKeys<KeyRange>(where, "keys", keys, keyRange);
  checkWhole(where, "keys.from", from, 0, start);
  checkWhole(where, "keys.to", to, from + 1, start + queryLen);
  return { from, to };
};

/** @throws RangeError when a size is not whole or out of range, numKvHeads does not divide numHeads, or needed keys have no row. */
export const shapeOf = (where: string, config: AttentionConfig): Shape => {
  checkConfig(where, config, configKeys);
  const { bands, numHeads, numKvHeads, headDim, start, queryLen } = config;
  const { softcap, order = "heads", storage = "float32", limits = defaultLimits } = config;
  checkWhole(where, "numHeads", numHeads, 1);
  checkWhole(where, "numKvHeads", numKvHeads, 1);
  if (numHeads % numKvHeads !== 0)
    throw new RangeError(`${where}: numKvHeads must divide numHeads, got ${numKvHeads} and ${numHeads}`);
  checkHeadDim(where, headDim);
  checkWhole(where, "start", start, 0);
  checkWhole(where, "queryLen", queryLen, 1);
  const keyLen = start + queryLen;
  checkWhole(where, "start + queryLen", keyLen, 1);
  const keys = keysOf(where, config);

  const placed = byVariant(where, "bands", bands, kernelBands, keyLen);
  const { window, near, rows } = placed;
  checkWhole(where, "window", window, 1);
  const nearFirst = Math.max(keys.from, start + 1 - window);
  checkWhole(where, "start of the near rows", near.start, 0, nearFirst);
  checkWhole(where, "capacity of the near rows", near.capacity, Math.max(1, keys.to - nearFirst));
  if (bands.kind === "nearAndFar") {
    checkWhole(where, "start of the rows", rows.start, 0, keys.from);
    checkWhole(where, "capacity", rows.capacity, keys.to - keys.from);
  }
  return {
    kind: bands.kind,
    numHeads,
    numKvHeads,
    group: numHeads / numKvHeads,
    headDim,
    start,
    queryLen,
    keyLen,
    keys,
    ...placed,
    nearFirst,
    softcap,
    storage,
    order,
    limits,
  };
};
