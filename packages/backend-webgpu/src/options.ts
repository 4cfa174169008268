import type { Backend } from "@ropewalk/backend";
import { check, checkFunction, checkKeys } from "@ropewalk/check";

export type BackendPrecision = Backend["precision"];

export type WebGpuOptions = {
  /** The type in which dense weights and the cache are kept and multiplied. float16 needs `shader-f16`. Default float32. */
  readonly precision?: BackendPrecision;
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

/** The precision that the options ask for. @throws RangeError for an unknown precision, TypeError for a wrong type or an unknown key */
export const precisionOf = (options: WebGpuOptions): BackendPrecision => {
  checkKeys<WebGpuOptions>("webgpu", "options", options, { precision: true, onRead: true, device: true });
  const { precision = "float32", onRead } = options;
  check(Object.hasOwn(bufferTypes, precision), "webgpu: precision must be float32 or float16", precision, "string");
  if (onRead !== undefined) checkFunction("webgpu", "onRead", onRead);
  return precision;
};

export const noHalves =
  "webgpu: the precision float16 needs an adapter with the feature shader-f16, got one without it; float32 runs everywhere";
