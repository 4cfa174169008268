/**
 * A strided copy as rows of one width: row `from[i]` of the source goes to row `to[i]` of the target.
 *
 *   width  the greatest common divisor of the runs' length, their starts and their strides
 *
 * In a copy of a cache, a run is some tokens of one head. Wide rows need fewer indices.
 */
import type { StridedCopy } from "@ropewalk/backend";

export type CopyRows = {
  readonly unit: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** How many rows the source and the target must have at least. */
  readonly fromRows: number;
  readonly toRows: number;
};

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

export const copyRows = ({ from, fromStride, to, toStride, length, count }: StridedCopy): CopyRows => {
  const strides = count > 1 ? [fromStride, toStride] : [];
  const unit = [from, to, ...strides].reduce(gcd, length);
  const perRun = length / unit;
  const places = (start: number, stride: number): Int32Array =>
    Int32Array.from(
      { length: count * perRun },
      (_, row) => (start + Math.floor(row / perRun) * stride) / unit + (row % perRun),
    );
  const rows = (start: number, stride: number): number => (start + (count - 1) * stride + length) / unit;
  return {
    unit,
    from: places(from, fromStride),
    to: places(to, toStride),
    fromRows: rows(from, fromStride),
    toRows: rows(to, toStride),
  };
};
