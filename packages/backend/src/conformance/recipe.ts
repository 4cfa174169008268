/** Recipes that make inputs from a few numbers: noise from a seed, masks from distances, plain integers. */
import { float32, int64, int8, sizeOf, type HostTensor } from "../tensor.ts";

export type Recipe =
  | { readonly kind: "noise"; readonly dims: readonly number[]; readonly seed: number }
  /** int8, from -127 to 127. */
  | { readonly kind: "bytes"; readonly dims: readonly number[]; readonly seed: number }
  | { readonly kind: "fill"; readonly dims: readonly number[]; readonly value: number }
  | { readonly kind: "integers"; readonly dims: readonly number[]; readonly values: readonly number[] }
  /** [rows, columns]: 0 where from ≤ offset + row - column < to, else -1e30. */
  | {
      readonly kind: "mask";
      readonly dims: readonly [number, number];
      readonly offset: number;
      readonly from: number;
      readonly to: number;
    };

/** Numbers in [-1, 1), the same on every machine. */
const noise = (length: number, seed: number): Float32Array => {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
};

const mask = ([rows, columns]: readonly [number, number], offset: number, from: number, to: number): Float32Array => {
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const distance = offset + row - column;
      if (distance < from || distance >= to) data[row * columns + column] = -1e30;
    }
  return data;
};

export const prepare = (recipe: Recipe): HostTensor => {
  switch (recipe.kind) {
    case "noise":
      return float32(recipe.dims, noise(sizeOf(recipe.dims), recipe.seed));
    case "bytes":
      return int8(
        recipe.dims,
        Int8Array.from(noise(sizeOf(recipe.dims), recipe.seed), (x) => Math.trunc(x * 127)),
      );
    case "fill":
      return float32(recipe.dims, new Float32Array(sizeOf(recipe.dims)).fill(recipe.value));
    case "integers":
      return int64(recipe.dims, recipe.values);
    case "mask":
      return float32(recipe.dims, mask(recipe.dims, recipe.offset, recipe.from, recipe.to));
    default:
      return recipe satisfies never;
  }
};
