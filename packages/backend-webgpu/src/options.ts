import type { Backend } from "@ropewalk/backend";
import { check, checkFunction, checkKeys, oneOf, optional } from "@ropewalk/check";

export type BackendPrecision = Backend["precision"];

export type BackendAttention = Backend["attention"];

export type WebGpuOptions = {
  /** The type in which dense weights and the cache are kept and multiplied. float16 needs `shader-f16`. Default float32. */
  readonly precision?: BackendPrecision;
  /**
   * How models attend: "operators", by those of the runtime, or "kernel", by WGSL kernels of this project between the runs of the runtime.
   * Only in a browser, and only in float32. Default "operators".
   */
  readonly attention?: BackendAttention;
  /** Called after each run that brings outputs back, with the bytes that crossed to JavaScript's memory. */
  readonly onRead?: (bytes: number) => void;
  /**
   * In a browser: a GPUDevice of the page, to share. Absent: a device with the adapter's limits is requested when the first session
   * is made.
   */
  readonly device?: object;
};

/** The types that buffers may hold, for each precision. */
export const bufferTypes: Readonly<Record<BackendPrecision, Backend["bufferTypes"]>> = {
  float32: ["float32"],
  float16: ["float32", "float16"],
};

const attentions: readonly BackendAttention[] = ["operators", "kernel"];

/**
 * The precision and the attention that the options ask for.
 *
 * @throws RangeError for an unknown one, or both together that do not go together; TypeError for a wrong type or an unknown key
 */
export const checkedOptions = (
  options: WebGpuOptions,
): { readonly precision: BackendPrecision; readonly attention: BackendAttention } => {
  checkKeys<WebGpuOptions>("webgpu", "options", options, {
    precision: true,
    attention: optional(oneOf(attentions)),
    onRead: true,
    device: true,
  });
  const { precision = "float32", attention = "operators", onRead } = options;
  check(Object.hasOwn(bufferTypes, precision), "webgpu: precision must be float32 or float16", precision, "string");
  if (attention === "kernel" && precision !== "float32")
    throw new RangeError(`webgpu: precision must be float32 where attention is by the kernel, got ${precision}`);
  if (onRead !== undefined) checkFunction("webgpu", "onRead", onRead);
  return { precision, attention };
};

export const noHalves =
  "webgpu: the precision float16 needs an adapter with the feature shader-f16, got one without it; float32 runs everywhere";
