// Sizes of tensors that may be known, named or unknown, and how two of them combine.

import { checkArray } from "@ropewalk/check";

/** A size: a number is fixed, a text is a named size, undefined is unknown. */
export type Dim = number | string | undefined;

/** Text for error messages: `[2,numKeys,?]`, or `?` when even the number of axes is unknown. */
export const formatDims = (dims: readonly Dim[] | undefined): string => {
  if (dims === undefined) return "?";
  const shown = dims.slice(0, 16).map((dim) => dim ?? "?");
  return `[${shown.join(",")}${dims.length > shown.length ? ",…" : ""}]`;
};

/** Number of elements of a shape. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** Elements to step over per axis in row-major order: `[2,3,4]` gives `[12,4,1]`. */
export const stridesOf = (dims: readonly number[]): readonly number[] =>
  dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));

/** Throws TypeError for what is no list, RangeError for a number that is not a size. */
export const checkSizes = (at: string, dims: readonly Dim[]): void => {
  checkArray(at, "dims", dims, "Array");
  const wrong = dims.find((dim) => typeof dim === "number" && !(Number.isSafeInteger(dim) && dim >= 0));
  if (wrong !== undefined)
    throw new RangeError(`${at}: a size must be an integer of at least 0, got ${wrong} in ${formatDims(dims)}`);
};

export const isFixed = (dims: readonly Dim[]): dims is readonly number[] =>
  dims.every((dim) => typeof dim === "number");

/** The size that follows from two sizes that must be equal; null when they contradict. */
export const sameDim = (a: Dim, b: Dim): Dim | null => {
  if (typeof a === "number" && typeof b === "number" && a !== b) return null;
  return typeof b === "number" ? b : (a ?? b);
};

const broadcastDim = (a: Dim, b: Dim): Dim | null => {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "number" && typeof b === "number") return null;
  // If one size is a number other than 1, the result has that size. Otherwise either of the two may turn out to be 1.
  return typeof a === "number" ? a : typeof b === "number" ? b : undefined;
};

/** Whether a shape can be repeated to another shape, as far as the sizes are known. */
export const broadcastsTo = (dims: readonly Dim[] | undefined, target: readonly Dim[]): boolean =>
  dims === undefined ||
  (dims.length <= target.length &&
    dims.every((dim, axis) => dim === 1 || sameDim(dim, target[axis + target.length - dims.length]) !== null));

/**
 * The shape of an element-wise result: axes are matched from the last one on, and an axis of size 1 is repeated.
 * Undefined when a shape is unknown, null when the shapes contradict.
 */
export const broadcastDims = (
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined | null => {
  if (a === undefined || b === undefined) return undefined;
  const rank = Math.max(a.length, b.length);
  const dims: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const fromA = axis - rank + a.length;
    const fromB = axis - rank + b.length;
    const dim = broadcastDim(fromA < 0 ? 1 : a[fromA], fromB < 0 ? 1 : b[fromB]);
    if (dim === null) return null;
    dims.push(dim);
  }
  return dims;
};
