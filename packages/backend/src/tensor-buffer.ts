/**
 * Memory that outlives a run and is written in place. A key-value cache consists of such buffers.
 *
 * The backend decides where a buffer lies: it is a typed array on the CPU, a device buffer on a GPU.
 */
import type { Tensor } from "./tensor.ts";

/** The type of a buffer's elements. */
export type BufferType = "float32" | "float16" | "int8";

/** `count` runs of `length` elements; run r goes from `from + r * fromStride` to `to + r * toStride`. */
export type StridedCopy = {
  readonly from: number;
  readonly fromStride: number;
  readonly to: number;
  readonly toStride: number;
  readonly length: number;
  readonly count: number;
};

export type TensorBuffer = {
  readonly type: BufferType;
  /** In elements. */
  readonly length: number;
  /** A tensor over `dims` elements from `offset` on, without a copy if the backend can do that; valid until the next write. */
  readonly view: (offset: number, dims: readonly number[]) => Tensor;
  /** Copies from a tensor or from another buffer of the same type. */
  readonly write: (source: Tensor | TensorBuffer, copy: StridedCopy) => void;
  /** Moves `length` elements inside the buffer; the ranges may overlap. */
  readonly move: (from: number, to: number, length: number) => void;
  readonly release: () => void;
};

const widths: Readonly<Record<BufferType, number>> = { float32: 4, float16: 2, int8: 1 };

export const bytesOfBuffer = ({ type, length }: Pick<TensorBuffer, "type" | "length">): number => widths[type] * length;
