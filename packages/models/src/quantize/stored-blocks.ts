/**
 * How blocks lie in a checkpoint's files. In place of `<name>` [out, in] there are
 *
 *     <name>.elements   U8    [out, blocks of a row, bytes of a block]
 *     <name>.scales     F32   [out, blocks of a row]
 *
 * and config.json says so: "quantization_config": { "quant_method": "ropewalk", "block_size": 32 }.
 */
import type { BlocksLocation, Decoder } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import { configObject, objectOf, optionalText, positiveInteger } from "../config/config-object.ts";
import type { TensorEntry } from "../safetensors/tensor-entry.ts";

export const quantMethod = "ropewalk";

export const elementsOf = (name: string): string => `${name}.elements`;
export const scalesOf = (name: string): string => `${name}.scales`;
/** Numbers that are added to all elements of a block: blocks of a GGUF file may have them. */
export const offsetsOf = (name: string): string => `${name}.offsets`;

/**
 * The names that a decoder's tensors may have in the files, dense or in blocks.
 *
 * @param tensors - the stored tensors by the names that they are read by; an entry may be stored under another name
 */
export const storedNames = (
  read: Decoder["tensors"],
  tensors?: ReadonlyMap<string, Pick<TensorEntry, "name">>,
): readonly string[] =>
  Object.keys(read).flatMap((name) => {
    const stored = tensors?.get(name)?.name ?? name;
    return [stored, elementsOf(stored), scalesOf(stored)];
  });

/**
 * Elements of a row that share a scale; undefined where config.json states no quantization.
 *
 * @throws RangeError naming the method where it is not ropewalk's
 */
export const readBlockSize = (config: unknown): number | undefined => {
  const stated = objectOf(configObject("loadCheckpoint: config.json", config), "quantization_config");
  if (stated === undefined) return undefined;
  const method = optionalText(stated, "quant_method");
  check(
    method === quantMethod,
    `${stated.at}: quant_method must be ${quantMethod} (take the checkpoint that this one was made from)`,
    method,
  );
  const blockSize = positiveInteger(stated, "block_size");
  check(blockSize % 2 === 0, `${stated.at}: block_size must be even`, blockSize);
  return blockSize;
};

/**
 * The place of a matrix [out, in] in blocks; undefined where it is not stored so.
 *
 * @throws RangeError naming the tensor, the rule and its shape or type
 */
export const findBlocks = (
  tensors: ReadonlyMap<string, TensorEntry>,
  blockSize: number,
  name: string,
  [out, inner]: readonly number[],
): BlocksLocation | undefined => {
  const [elements, scales] = [tensors.get(elementsOf(name)), tensors.get(scalesOf(name))];
  const either = elements ?? scales;
  if (either === undefined) return undefined;
  check(elements !== undefined, `loadCheckpoint: ${either.file} must have ${elementsOf(name)} too`, elements);
  check(scales !== undefined, `loadCheckpoint: ${either.file} must have ${scalesOf(name)} too`, scales);
  const blocks = Math.ceil(inner! / blockSize);
  const bits = (8 * elements.dims[2]!) / blockSize;
  const at = `loadCheckpoint: ${elements.file}: ${elements.name} must be`;
  check(elements.type === "U8", `${at} of type U8`, elements.type);
  check(
    elements.dims.length === 3 && elements.dims[0] === out && elements.dims[1] === blocks && (bits === 4 || bits === 8),
    `${at} [${out}, ${blocks}, ${blockSize / 2} or ${blockSize}]`,
    elements.dims,
  );
  const atScales = `loadCheckpoint: ${scales.file}: ${scales.name} must be`;
  check(scales.type === "F32", `${atScales} of type F32`, scales.type);
  check(scales.dims.join() === [out, blocks].join(), `${atScales} [${out}, ${blocks}]`, scales.dims);
  const place = ({ file, offset, length }: TensorEntry) => ({ location: file, offset, length });
  return { bits, blockSize, elements: place(elements), scales: place(scales) };
};
