/** Finds each tensor that a decoder reads, and checks that it is there, has its shape, and has a type that is computed with. */
import type { BlocksLocation, Decoder, WeightLocation, WeightSource, WeightType } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import { denseNames, matricesOf } from "../quantize/matrices.ts";
import { findBlocks } from "../quantize/stored-blocks.ts";
import type { TensorEntry, TensorType } from "../safetensors/tensor-entry.ts";

/** The types that are computed with, as the file and as the graph name them. */
export const weightTypes: Readonly<Partial<Record<TensorType, WeightType>>> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/** Throws an error that names the missing tensor, and says whether it is there in a form that is not read. */
const refuseMissing = (tensors: ReadonlyMap<string, TensorEntry>, name: string): never => {
  const files = [...new Set([...tensors.values()].map(({ file }) => file))];
  const at = `loadCheckpoint: ${files.slice(0, 8).join(", ")}${files.length > 8 ? ", …" : ""} must have ${name}`;
  const packed = name.replace(/weight$/, "qweight");
  if (tensors.has(packed)) check(false, `${at}, not packed as GPTQ and AWQ do it`, packed);
  const bare = name.replace(/^model\./, "");
  if (bare !== name && tensors.has(bare)) check(false, `${at}, in a model with a head over the vocabulary`, bare);
  return check(false, at, undefined) as never;
};

/** @throws RangeError naming the tensor, the rule and what the file has instead */
const denseLocation = (
  tensors: ReadonlyMap<string, TensorEntry>,
  name: string,
  dims: readonly number[],
): WeightLocation => {
  const entry = tensors.get(name);
  if (entry === undefined) return refuseMissing(tensors, name);
  const { file, offset, length } = entry;
  const at = `loadCheckpoint: ${file}: ${name} must be`;
  check(dims.join() === entry.dims.join(), `${at} [${dims.join(", ")}]`, entry.dims);
  const type = weightTypes[entry.type];
  check(type !== undefined, `${at} of type ${Object.keys(weightTypes).join(", ")}`, entry.type);
  return { location: file, offset, length, type };
};

/**
 * Where each tensor lies, dense or in blocks.
 *
 * @param blockSize - how many elements share a scale, where matrices may be stored in blocks
 * @throws RangeError naming the tensor, the rule and the values
 */
export const weightSource = (
  decoder: Decoder,
  tensors: ReadonlyMap<string, TensorEntry>,
  blockSize: number | undefined,
): WeightSource => {
  const blocks = new Map<string, BlocksLocation>();
  if (blockSize !== undefined)
    for (const name of matricesOf(decoder)) {
      const found = findBlocks(tensors, blockSize, name, decoder.tensors[name]!);
      if (found !== undefined) blocks.set(name, found);
    }
  const dense = new Map(
    denseNames(decoder, blocks).map((name) => [name, denseLocation(tensors, name, decoder.tensors[name]!)] as const),
  );
  return { locate: (name) => dense.get(name)!, locateBlocks: (name) => blocks.get(name) };
};
