import type { Backend } from "@ropewalk/backend";

export type Precision = Backend["precision"];

export type WebGpuOptions = {
  /** What dense weights and the cache are held and multiplied in. float16 needs the adapter's `shader-f16`. Default float32. */
  readonly precision?: Precision;
  /** Called after each run that brings outputs back, with the bytes that crossed to JavaScript's memory. */
  readonly onRead?: (bytes: number) => void;
  /**
   * In a browser: a GPUDevice of one's own, to be shared. Absent: one is asked for when the first session is made, with the
   * adapter's own limits.
   */
  readonly device?: object;
};

/** What its buffers may hold. */
export const bufferTypes: Readonly<Record<Precision, Backend["bufferTypes"]>> = {
  float32: ["float32"],
  float16: ["float32", "float16"],
};

/** @throws TypeError for a precision that there is not */
export const precisionOf = ({ precision = "float32" }: WebGpuOptions): Precision => {
  if (!Object.hasOwn(bufferTypes, precision))
    throw new TypeError(`webgpu: precision must be float32 or float16, got ${String(precision)}`);
  return precision;
};

export const noHalves =
  "webgpu: the precision float16 needs an adapter with the feature shader-f16, got one without it; float32 runs everywhere";
