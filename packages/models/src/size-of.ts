/** Elements of a tensor of these sizes. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);
