/** Where a GGUF file has each tensor that a decoder reads: a tensor of its own, or some rows of one that holds several. */
import { check, showName } from "@ropewalk/check";
import type { Decoder } from "@ropewalk/decoder";
import type { Gguf, GgufTensor } from "@ropewalk/gguf";
import { numElements } from "../safetensors/num-elements.ts";
import type { Architecture } from "./architectures/architecture.ts";
import { fusedName, ggufName } from "./tensor-names.ts";

/** Rows of a tensor that the decoder reads by `name`. */
export type FoundTensor = {
  readonly name: string;
  /** As the decoder states it. */
  readonly dims: readonly number[];
  readonly tensor: GgufTensor;
  /** Where the rows lie in the file, in bytes. */
  readonly offset: number;
  readonly length: number;
};

/** Tensors that are read for what they say of rotations. */
export const factorNames = {
  all: "rope_freqs.weight",
  short: "rope_factors_short.weight",
  long: "rope_factors_long.weight",
};

/** The rows of queries, keys and values in the matrix of all three. */
const rowsIn = ({ numHeads, numKvHeads, headDim }: Decoder, name: string): readonly [from: number, all: number] => {
  const [q, k] = [numHeads * headDim, numKvHeads * headDim];
  return [name.includes("q_proj") ? 0 : name.includes("k_proj") ? q : q + k, q + 2 * k];
};

const checkDims = (at: string, tensor: GgufTensor, dims: readonly number[]): void =>
  check(tensor.dims.join() === dims.join(), `${at}: ${tensor.name} must be [${dims.join(", ")}]`, tensor.dims);

/**
 * @throws RangeError naming the tensor, where it is missing or has another shape, and a tensor that nothing reads
 */
export const findTensors = (
  at: string,
  decoder: Decoder,
  { names = {} }: Architecture,
  { tensors }: Pick<Gguf, "tensors">,
): readonly FoundTensor[] => {
  const read = new Set<string>(Object.values(factorNames));
  const found = Object.entries(decoder.tensors).map(([name, dims]): FoundTensor => {
    const own = ggufName(name, names);
    const whole = tensors.get(own);
    if (whole !== undefined) {
      checkDims(at, whole, dims);
      read.add(own);
      return { name, dims, tensor: whole, offset: whole.offset, length: whole.length };
    }
    const fused = tensors.get(fusedName(own) ?? "");
    check(fused !== undefined, `${at}: the file must have ${own}`, fused);
    const [from, all] = rowsIn(decoder, name);
    checkDims(at, fused, [all, ...dims.slice(1)]);
    read.add(fused.name);
    const rowBytes = fused.length / all;
    return { name, dims, tensor: fused, offset: fused.offset + from * rowBytes, length: dims[0]! * rowBytes };
  });
  const unread = [...tensors.keys()].find((name) => !read.has(name));
  check(
    unread === undefined,
    `${at}: the file must have no tensor that ${decoder.family} does not read`,
    unread && showName(unread),
  );
  return found;
};

/** How many elements a found tensor has. */
export const elementsOf = ({ dims }: FoundTensor): number => numElements(dims);
