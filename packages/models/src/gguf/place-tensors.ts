/**
 * Where a runtime reads each tensor of a GGUF file: where it lies, if it is dense and as the decoder reads it and the file can be mapped; else in
 * a file that is computed from it.
 */
import type { BlocksLocation, WeightLocation, WeightSource } from "@ropewalk/decoder";
import { dequantize, isBlockType, type BlockType, type DenseType } from "@ropewalk/gguf";
import { computedFile, type ComputedFile } from "../checkpoint/computed-files.ts";
import type { CheckpointFile } from "../folder/checkpoint-folder.ts";
import { weightTypes } from "../checkpoint/weight-source.ts";
import type { StoredEntry } from "../checkpoint/stored-bytes.ts";
import { blocksOfProducts, partBytes, productForm } from "./blocks-of-products.ts";
import { elementsOf, type FoundTensor } from "./find-tensors.ts";
import { halvesOrder } from "./halves-order.ts";

export type Placing = {
  readonly files: ReadonlyMap<string, CheckpointFile>;
  /** Rows of a head of queries and keys, where these are put into the order of halves. */
  readonly halvesOf?: number | undefined;
  /** Whether norms are stored with a 1 that the family adds. */
  readonly normsPlusOne?: boolean;
  /** Whether blocks are unpacked to float32. */
  readonly dense?: boolean;
  /** The name of the embedding. */
  readonly table: string;
};

export type Placed = {
  readonly entry: StoredEntry;
  readonly place: { readonly dense: WeightLocation } | { readonly blocks: BlocksLocation };
  readonly file: CheckpointFile | ComputedFile;
};

const isTurned = (name: string): boolean => /\.[qk]_proj\.(?:weight|bias)$/.test(name);

const isNorm = (name: string): boolean => name.endsWith("norm.weight");

const asBytes = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);

/** Numbers less the 1 that a family adds to them. */
const lessOne = (values: Float32Array): Float32Array => values.map((value) => value - 1);

export const placeTensor = (placing: Placing, found: FoundTensor): Placed => {
  const { files, halvesOf, normsPlusOne = false, dense = false, table } = placing;
  const { name, dims, tensor, offset, length } = found;
  const { type } = tensor;
  const file = files.get(tensor.file)!;
  const turns = halvesOf !== undefined && isTurned(name);
  const subtracts = normsPlusOne && isNorm(name);
  const rows = async (): Promise<Uint8Array> => {
    const bytes = await file.source.read(offset, offset + length);
    return turns ? halvesOrder(bytes, dims[0]!, halvesOf) : bytes;
  };
  const shared = { name, dims };
  if (isBlockType(type) && !dense) return inBlocks(found, type, file, name === table);
  const stays = !isBlockType(type) && !subtracts;
  const stored = stays ? (type as DenseType) : "F32";
  const place = { type: weightTypes[stored]! };
  if (stays && !turns && file.external.kind === "path")
    return {
      entry: { ...shared, type: stored, file: tensor.file, offset, length },
      place: { dense: { ...place, location: file.external.file, offset, length } },
      file,
    };
  const size = stays ? length : 4 * elementsOf(found);
  const computed = computedFile(name, size, file, async function* () {
    const bytes = await rows();
    if (stays) return yield bytes;
    const values = dequantize(type, bytes);
    yield asBytes(subtracts ? lessOne(values) : values);
  });
  return {
    entry: { ...shared, type: stored, file: name, offset: 0, length: size },
    place: { dense: { ...place, location: name, offset: 0, length: size } },
    file: computed,
  };
};

const inBlocks = (found: FoundTensor, type: BlockType, origin: CheckpointFile, isTable: boolean): Placed => {
  const { name, dims, tensor, offset, length } = found;
  const form = productForm(type);
  const sizes = partBytes(form, elementsOf(found));
  const at = (from: number, size: number) => ({ location: name, offset: from, length: size });
  const scalesEnd = sizes.elements + sizes.scales;
  const numRows = dims[0]!;
  const rowBytes = length / numRows;
  return {
    entry: { name, type, dims, file: tensor.file, offset, length },
    place: {
      blocks: {
        bits: form.bits,
        blockSize: form.blockSize,
        elements: at(0, sizes.elements),
        scales: at(sizes.elements, sizes.scales),
        ...(form.hasOffsets && { offsets: at(scalesEnd, sizes.offsets) }),
        ...(isTable && { isTable }),
      },
    },
    file: computedFile(name, scalesEnd + sizes.offsets, origin, () =>
      blocksOfProducts(type, [numRows, elementsOf(found) / numRows], (from, to) =>
        origin.source.read(offset + from * rowBytes, offset + to * rowBytes),
      ),
    ),
  };
};

/** The places of all tensors as a decoder asks for them. */
export const placesOf = (placed: readonly Placed[]): Required<Pick<WeightSource, "locate" | "locateBlocks">> => {
  const dense = new Map<string, WeightLocation>();
  const blocks = new Map<string, BlocksLocation>();
  for (const { entry, place } of placed)
    if ("dense" in place) dense.set(entry.name, place.dense);
    else blocks.set(entry.name, place.blocks);
  return { locate: (name) => dense.get(name)!, locateBlocks: (name) => blocks.get(name) };
};
