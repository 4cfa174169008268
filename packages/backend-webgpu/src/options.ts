import type { Backend } from "@ropewalk/backend";
import { check, checkFunction, checkKeys } from "@ropewalk/check";

export type BackendPrecision = Backend["precision"];

export type WebGpuOptions = {
  /** What dense weights and the cache are held and multiplied in. float16 needs the adapter's `shader-f16`. Default float32. */
  readonly precision?: BackendPrecision;
  /** Called after each run that brings outputs back, with the bytes that crossed to JavaScript's memory. */
  readonly onRead?: (bytes: number) => void;
  /**
   * In a browser: a GPUDevice of one's own, to be shared. Absent: one is asked for when the first session is made, with the
   * adapter's own limits.
   */
  readonly device?: object;
};

/** What its buffers may hold. */
export const bufferTypes: Readonly<Record<BackendPrecision, Backend["bufferTypes"]>> = {
  float32: ["float32"],
  float16: ["float32", "float16"],
};

/** @throws RangeError for a precision that there is not, TypeError for a value of another type and an unknown key */
export const precisionOf = (options: WebGpuOptions): BackendPrecision => {
  checkKeys<WebGpuOptions>("webgpu", "options", options, { precision: true, onRead: true, device: true });
  const { precision = "float32", onRead } = options;
  check(Object.hasOwn(bufferTypes, precision), "webgpu: precision must be float32 or float16", precision, "string");
  if (onRead !== undefined) checkFunction("webgpu", "onRead", onRead);
  return precision;
};

export const noHalves =
  "webgpu: the precision float16 needs an adapter with the feature shader-f16, got one without it; float32 runs everywhere";
