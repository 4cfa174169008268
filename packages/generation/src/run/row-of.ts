import { sizeOf, type HostTensor } from "@ropewalk/backend";

/** One row of a tensor, as a tensor that shares its memory. */
export const rowOf = (rows: HostTensor, row: number): HostTensor => {
  const [, ...dims] = rows.dims;
  const width = sizeOf(dims);
  return { ...rows, dims: [1, ...dims], data: rows.data.subarray(row * width, (row + 1) * width) } as HostTensor;
};
