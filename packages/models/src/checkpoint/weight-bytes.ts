/** How large a checkpoint is: its parameters, and the bytes that its weights take in each precision. */
import type { Decoder } from "@ropewalk/decoder";
import type { Checkpoint } from "./checkpoint.ts";
import type { StoredEntry } from "./stored-bytes.ts";
import { denseNames } from "../quantize/matrices.ts";
import { blockBytes, precisionNames, type Precision } from "../quantize/precision.ts";
import { formsOf } from "../quantize/quantize-matrix.ts";
import { elementsOf, scalesOf } from "../quantize/stored-blocks.ts";
import { numElements } from "../safetensors/num-elements.ts";

/** Elements of all tensors that the decoder reads; a tied embedding counts once. */
export const parameterCount = ({ tensors }: Decoder): number =>
  Object.values(tensors).reduce((sum, dims) => sum + numElements(dims), 0);

/** How many bytes the weights that the decoder reads take as they are stored, by the type of their elements. */
export const storedBytes = ({
  decoder,
  tensors,
}: Checkpoint): Readonly<Partial<Record<StoredEntry["type"], number>>> => {
  const stored: Partial<Record<StoredEntry["type"], number>> = {};
  for (const name of Object.keys(decoder.tensors))
    for (const part of [name, elementsOf(name), scalesOf(name)]) {
      const entry = tensors.get(part);
      if (entry !== undefined) stored[entry.type] = (stored[entry.type] ?? 0) + entry.length;
    }
  return stored;
};

/** Bytes with the matrices in that precision's blocks, and the rest at `width` bytes an element. */
const bytesInBlocks = (checkpoint: Checkpoint, precision: Precision, width: number): number => {
  const { decoder } = checkpoint;
  const forms = formsOf(checkpoint, precision);
  const dense = denseNames(decoder, forms).map((name) => width * numElements(decoder.tensors[name]!));
  const blocks = [...forms].map(([name, form]) => {
    const { elements, scales } = blockBytes(form, decoder.tensors[name]!);
    return elements + scales;
  });
  return [...dense, ...blocks].reduce((sum, bytes) => sum + bytes, 0);
};

/** How many bytes the weights would take in each precision. */
export const weightBytes = (checkpoint: Checkpoint): Readonly<Record<"float32" | "float16" | Precision, number>> => {
  const { decoder, tensors } = checkpoint;
  const parameters = parameterCount(decoder);
  // The table of embeddings stays as it is stored.
  const { type } = tensors.get(decoder.embedding)!;
  const width = type === "F32" ? 4 : 2;
  const rounded = Object.fromEntries(
    precisionNames.map((precision) => [precision, bytesInBlocks(checkpoint, precision, width)]),
  ) as Record<Precision, number>;
  return { float32: 4 * parameters, float16: 2 * parameters, ...rounded };
};
