/**
 * Attention over keys that lie in several parts, such as the stretches of a cache and a chunk's own keys: a pass for each part, and one that
 * merges all of them. No part is copied.
 *
 *   attend part 0 → slices 0 … s0 - 1      attend part 1 → slices s0 …      …      merge → out
 */
import { checkConfig, checkKeys, checkList, checkOneOf, type Keys } from "@ropewalk/check";
import { attendPass, checkLimits, mergePass, type Pass } from "./kernel.ts";
import { outOrders } from "./out-order.ts";
import { shapeOf, type AttentionConfig, type KernelBands, type KeyRange } from "./shape.ts";
import { sizesOf } from "./sizes.ts";
import { tilingOf } from "./tiles.ts";

/** Keys that lie together: the tokens that they belong to, their bands, and their rows. */
export type KernelPart = { readonly keys: KeyRange; readonly bands: KernelBands };

export type PartsConfig = Omit<AttentionConfig, "bands" | "keys" | "splits"> & {
  /** At least one. A query sees each key in one part at most. */
  readonly parts: readonly KernelPart[];
};

export type PartsPass = Pass & {
  /** The part whose buffers the bindings name; undefined for the merge, and for `out`, `lse` and the scratch buffers of all passes. */
  readonly part: number | undefined;
  /** The contents of the uniform buffer `sizes` of this pass. */
  readonly sizes: Uint32Array<ArrayBuffer>;
};

export type PartsKernel = {
  /** In the order in which they run. */
  readonly passes: readonly PartsPass[];
  /** Bytes of the buffers that no part has. There are no partial results where one pass is enough. */
  readonly bytes: Readonly<Record<"out" | "lse" | "partialOut" | "partialLse", number>>;
};

const partKeys: Keys<KernelPart> = { keys: true, bands: true };

/**
 * The passes of one attention over several parts.
 *
 * @throws RangeError naming the argument, its rule and its value, or the device's limit and the number needed
 */
export const attentionOverParts = (config: PartsConfig): PartsKernel => {
  const where = "attentionOverParts";
  checkConfig(where, config, {
    parts: true,
    numHeads: true,
    numKvHeads: true,
    headDim: true,
    start: true,
    queryLen: true,
    softcap: true,
    order: true,
    storage: true,
    limits: true,
  } satisfies Keys<PartsConfig>);
  const { parts, ...common } = config;
  if (common.order !== undefined) checkOneOf(where, "order", common.order, outOrders);
  checkList(where, "parts", parts);
  const planned = parts.map((part, at) => {
    const { keys, bands } = checkKeys(where, `parts[${at}]`, part, partKeys);
    const shape = shapeOf(where, { ...common, keys, bands });
    return { shape, tiling: tilingOf(shape) };
  });
  const slices = planned.reduce((sum, { tiling }) => sum + tiling.splits, 0);
  const split = slices > 1;
  let firstSlice = 0;
  const passes = planned.map(({ shape, tiling }, part): PartsPass => {
    const { splits } = tiling;
    const sizes = sizesOf(shape, { splits, slices, firstSlice });
    firstSlice += splits;
    return { ...attendPass(shape, tiling, split), part, sizes };
  });
  const { shape } = planned[0]!;
  const all = split ? [...passes, { ...mergePass(shape), part: undefined, sizes: passes[0]!.sizes }] : passes;
  const rows = shape.numHeads * shape.queryLen;
  const width = 4 * shape.headDim;
  const partial = split ? slices * rows : 0;
  const bytes = {
    out: rows * (shape.storage === "float16" ? width / 2 : width),
    lse: 4 * rows,
    partialOut: partial * width,
    partialLse: 4 * partial,
  };
  const named = Object.entries(bytes).map(([name, size]) => ({ name, bytes: size }));
  checkLimits(where, shape.limits, all, named);
  return { passes: all, bytes };
};
