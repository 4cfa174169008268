/** Which tensors of a decoder may be stored in blocks, and which are dense beside them. */
import type { BlocksLocation, Decoder } from "@ropewalk/decoder";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { BlockForm } from "./quantize-blocks.ts";

/** The names of the matrices that may be stored in blocks: the layers' projections, and the head. */
export const matricesOf = ({ projections, unembedding }: Decoder): readonly string[] => [...projections, unembedding];

/** The matrices of a checkpoint that are stored in blocks, each with its place. */
export const matricesInBlocks = ({ decoder, locateBlocks }: Checkpoint): ReadonlyMap<string, BlocksLocation> => {
  const found = new Map<string, BlocksLocation>();
  for (const name of [...matricesOf(decoder), decoder.embedding]) {
    const blocks = locateBlocks?.(name);
    if (blocks !== undefined) found.set(name, blocks);
  }
  return found;
};

/**
 * The names of the tensors that are read dense. A tied embedding is among them even if it is in blocks, where ids are looked up in a dense table
 * beside them.
 *
 * @param inBlocks - the matrices that are in blocks
 */
export const denseNames = (
  { tensors, embedding }: Decoder,
  inBlocks: ReadonlyMap<string, BlocksLocation | BlockForm>,
): readonly string[] => {
  const table = inBlocks.get(embedding);
  const hasDenseTable = table === undefined || !("isTable" in table);
  return Object.keys(tensors).filter((name) => !inBlocks.has(name) || (name === embedding && hasDenseTable));
};
