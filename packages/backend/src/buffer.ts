/**
 * Memory that outlives a run and is written in place: what a key-value cache is made of.
 *
 * Its elements are float32. Where it lives is the backend's affair: a typed array on the CPU, a device buffer on a GPU.
 */
import type { Tensor } from "./tensor.ts";

/** `count` runs of `length` elements; run r goes from `from + r * fromStride` to `to + r * toStride`. */
export type StridedCopy = {
  readonly from: number;
  readonly fromStride: number;
  readonly to: number;
  readonly toStride: number;
  readonly length: number;
  readonly count: number;
};

export type Buffer = {
  /** In elements. */
  readonly length: number;
  /** A tensor over `dims` elements from `offset` on, without a copy where the backend can; valid until the next write. */
  readonly view: (offset: number, dims: readonly number[]) => Tensor;
  /** Copies from a tensor or from another buffer. */
  readonly write: (source: Tensor | Buffer, copy: StridedCopy) => void;
  /** Moves `length` elements inside the buffer; the ranges may overlap. */
  readonly move: (from: number, to: number, length: number) => void;
  readonly release: () => void;
};
