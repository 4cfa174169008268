/** How large a checkpoint is: its parameters, and the bytes that its weights take in each precision. */
import type { Decoder } from "@ropewalk/decoder";
import type { Checkpoint } from "./checkpoint.ts";
import { blockBytes, precisionNames, precisions, type Precision } from "./quantize/precision.ts";
import { elementsOf, scalesOf } from "./quantize/stored-blocks.ts";
import type { TensorType } from "./safetensors/tensor-entry.ts";

const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

/** Elements of all tensors that the decoder reads; a tied embedding counts once. */
export const parameterCount = ({ tensors }: Decoder): number =>
  Object.values(tensors).reduce((sum, dims) => sum + sizeOf(dims), 0);

/** Bytes of the weights that the decoder reads, as they are stored, by the type of their elements. */
export const storedBytes = ({ decoder, tensors }: Checkpoint): Readonly<Partial<Record<TensorType, number>>> => {
  const stored: Partial<Record<TensorType, number>> = {};
  for (const name of Object.keys(decoder.tensors))
    for (const part of [name, elementsOf(name), scalesOf(name)]) {
      const entry = tensors.get(part);
      if (entry !== undefined) stored[entry.type] = (stored[entry.type] ?? 0) + entry.length;
    }
  return stored;
};

/** Matrices in that precision's blocks; the rest at `width` bytes an element. */
const inBlocks = (decoder: Decoder, precision: Precision, width: number): number => {
  const { projections, unembedding } = precisions[precision];
  const matrices = new Set([...decoder.projections, decoder.unembedding]);
  const dense = Object.entries(decoder.tensors)
    .filter(([name]) => !matrices.has(name) || name === decoder.embedding)
    .reduce((sum, [, dims]) => sum + width * sizeOf(dims), 0);
  return [...matrices].reduce((sum, name) => {
    const { elements, scales } = blockBytes(
      name === decoder.unembedding ? unembedding : projections,
      decoder.tensors[name]!,
    );
    return sum + elements + scales;
  }, dense);
};

/** Bytes of the weights as they would be in each precision. */
export const weightBytes = ({
  decoder,
  tensors,
}: Checkpoint): Readonly<Record<"float32" | "float16" | Precision, number>> => {
  const parameters = parameterCount(decoder);
  // The table of embeddings stays as it is stored.
  const { type } = tensors.get(decoder.embedding)!;
  const width = type === "F32" ? 4 : 2;
  const rounded = Object.fromEntries(
    precisionNames.map((precision) => [precision, inBlocks(decoder, precision, width)]),
  ) as Record<Precision, number>;
  return { float32: 4 * parameters, float16: 2 * parameters, ...rounded };
};
