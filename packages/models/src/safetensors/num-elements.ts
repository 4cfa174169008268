/** Elements of a tensor of these dimensions. */
export const numElements = (dims: readonly number[]): number => dims.reduce((count, dim) => count * dim, 1);
