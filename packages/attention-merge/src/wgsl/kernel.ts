/**
 * Attention in one or two bands as WebGPU passes: makes shader source, bindings and dispatch sizes from sizes and limits. No device
 * is touched.
 *
 *   splits = 1   attend → out, lse
 *   splits > 1   attend → partialOut, partialLse → merge → out, lse
 *
 * `attend.ts` and `merge.ts` have the shaders, `tiles.ts` the division of the work, `cost.ts` its cost.
 */
import { attendBuffers, attendShader, attendWorkgroupBytes } from "./attend.ts";
import { checkLimit, type DeviceLimits } from "./limits.ts";
import { attentionManifest, type Axis, type ManifestTensor } from "./manifest.ts";
import { mergeBuffers, mergeShader, mergeThreads } from "./merge.ts";
import { checkWhole } from "./checks.ts";
import { shapeOf, type AttentionConfig, type Shape } from "./shape.ts";
import { sizesOf } from "./sizes.ts";
import { bytesPerElement, type Storage } from "./storage.ts";
import { lanes, threads, tilingOf, type Tiling } from "./tiles.ts";

export type KernelBuffer = {
  readonly name: string;
  readonly role: "input" | "output" | "scratch";
  readonly dims: readonly number[];
  readonly storage: Storage;
  readonly bytes: number;
};

/** A buffer at a binding of group 0, in WebGPU's own words for its type. */
export type Binding = {
  readonly binding: number;
  readonly buffer: string;
  readonly type: "uniform" | "read-only-storage" | "storage";
};

export type Pass = {
  readonly name: "attend" | "merge";
  /** The shader in WGSL. It is the same for every length, window and number of heads: keep one pipeline for each text. */
  readonly code: string;
  readonly entryPoint: "main";
  /** The dispatch size. */
  readonly workgroups: readonly [number, number, number];
  readonly workgroupSize: number;
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  readonly bindings: readonly Binding[];
};

export type AttentionKernel = {
  /** In the order in which they run. */
  readonly passes: readonly Pass[];
  /** All storage buffers, each once. */
  readonly buffers: readonly KernelBuffer[];
  /** The contents of the uniform buffer `sizes`. */
  readonly sizes: Uint32Array<ArrayBuffer>;
  /** Bytes of all scratch buffers together. */
  readonly scratchBytes: number;
};

const buffersOf = (shape: Shape, splits: number): readonly KernelBuffer[] => {
  const { numHeads, numKvHeads, headDim, queryLen, rows, near } = shape;
  const sizes: Readonly<Record<Axis, number>> = {
    numHeads,
    numKvHeads,
    headDim,
    queryLen,
    nearCapacity: near.capacity,
    keyCapacity: rows.capacity,
    splits,
  };
  const buffers =
    (role: KernelBuffer["role"]) =>
    ({ name, shape: axes, type }: ManifestTensor): KernelBuffer => {
      const dims = axes.map((axis) => sizes[axis]);
      const storage = type === "storage" ? shape.storage : type;
      const bytes = dims.reduce((product, size) => product * size, bytesPerElement[storage]);
      return { name, role, dims, storage, bytes };
    };
  const { inputs, outputs, scratch } = attentionManifest;
  return [
    ...inputs.filter(({ bands }) => bands.includes(shape.kind)).map(buffers("input")),
    ...outputs.map(buffers("output")),
    ...(splits > 1 ? scratch.map(buffers("scratch")) : []),
  ];
};

const bindingsOf = (names: readonly string[], written: readonly string[]): readonly Binding[] =>
  names.map((buffer, binding) => ({
    binding,
    buffer,
    type: buffer === "sizes" ? "uniform" : written.includes(buffer) ? "storage" : "read-only-storage",
  }));

/** The buffers to which the attend pass writes if its result is merged with others. */
const partials: Readonly<Record<string, string>> = { out: "partialOut", lse: "partialLse" };

/** The pass that attends. @param split - whether a merge follows */
export const attendPass = (shape: Shape, { splits, rowTiles, rowsEach }: Tiling, split: boolean): Pass => {
  const { kind, headDim, storage, order, softcap } = shape;
  const columnsEach = Math.ceil(headDim / 4 / lanes);
  const shader = { kind, columnsEach, rowsEach, storage, split, order, capped: softcap !== undefined } as const;
  const names = attendBuffers(shader).map((name) => (split ? (partials[name] ?? name) : name));
  return {
    name: "attend",
    code: attendShader(shader),
    entryPoint: "main",
    workgroups: [rowTiles, shape.numKvHeads, splits],
    workgroupSize: threads,
    workgroupBytes: attendWorkgroupBytes(shader),
    bindings: bindingsOf(names, names.slice(-2)),
  };
};

export const mergePass = ({ numHeads, queryLen, headDim, storage, order }: Shape): Pass => ({
  name: "merge",
  code: mergeShader(storage, order),
  entryPoint: "main",
  workgroups: [Math.ceil((numHeads * queryLen * headDim) / 4 / mergeThreads), 1, 1],
  workgroupSize: mergeThreads,
  workgroupBytes: 0,
  bindings: bindingsOf(mergeBuffers, mergeBuffers.slice(-2)),
});

/** @throws RangeError naming the limit of the device that a pass or a buffer exceeds */
export const checkLimits = (
  where: string,
  limits: DeviceLimits,
  passes: readonly Pass[],
  buffers: readonly Pick<KernelBuffer, "name" | "bytes">[],
): void => {
  for (const { name, workgroups, workgroupSize, workgroupBytes, bindings } of passes) {
    checkLimit(where, limits, "maxComputeWorkgroupStorageSize", `workgroup memory of ${name} in bytes`, workgroupBytes);
    checkLimit(where, limits, "maxComputeInvocationsPerWorkgroup", `invocations of ${name}`, workgroupSize);
    checkLimit(where, limits, "maxComputeWorkgroupsPerDimension", `workgroups of ${name}`, Math.max(...workgroups));
    checkLimit(where, limits, "maxStorageBuffersPerShaderStage", `storage buffers of ${name}`, bindings.length - 1);
  }
  for (const { name, bytes } of buffers)
    checkLimit(where, limits, "maxStorageBufferBindingSize", `bytes of ${name}`, bytes);
};

/**
 * The passes of one attention. The keys are those before the queries and the queries' own, or some of them; a query attends to no later key.
 *
 * @throws RangeError naming the argument, its rule and its value, or the device's limit and the number needed
 */
export const attentionKernel = (config: AttentionConfig): AttentionKernel => {
  const shape = shapeOf("attentionKernel", config);
  if (config.splits !== undefined) checkWhole("attentionKernel", "splits", config.splits, 1);
  const tiling = tilingOf(shape, config.splits);
  const { splits } = tiling;
  const split = splits > 1;
  const passes = [attendPass(shape, tiling, split), ...(split ? [mergePass(shape)] : [])];
  const buffers = buffersOf(shape, splits);
  checkLimits("attentionKernel", shape.limits, passes, buffers);
  return {
    passes,
    buffers,
    sizes: sizesOf(shape, { splits, slices: splits, firstSlice: 0 }),
    scratchBytes: buffers.reduce((sum, { role, bytes }) => sum + (role === "scratch" ? bytes : 0), 0),
  };
};
