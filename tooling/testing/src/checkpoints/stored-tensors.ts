/** A checkpoint's tensors, read one at a time for the other engines' files. */
import type { FilePlace } from "@ropewalk/graph";
import type { Checkpoint } from "@ropewalk/models";

/** The bytes at a place in the checkpoint's files. */
export const bytesAt = (
  { files }: Checkpoint,
  { location, offset, length }: FilePlace,
): Promise<Uint8Array<ArrayBuffer>> =>
  files.find(({ external }) => external.file === location)!.source.read(offset, offset + length) as Promise<
    Uint8Array<ArrayBuffer>
  >;

/** A tensor that is stored densely. @throws RangeError when it is not float32 */
export const denseTensor = async (checkpoint: Checkpoint, name: string): Promise<Float32Array<ArrayBuffer>> => {
  const place = checkpoint.locate(name);
  if (place.type !== "float32") throw new RangeError(`denseTensor: ${name} must be float32, got ${place.type}`);
  const { buffer, byteOffset, byteLength } = await bytesAt(checkpoint, place);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
};

/** [rows, columns] to [columns, rows]. */
export const transposed = (matrix: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> => {
  const turned = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = matrix[row * columns + column]!;
  return turned;
};
