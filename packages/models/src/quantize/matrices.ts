/** Which tensors of a decoder may be stored in blocks, and which are dense beside them. */
import type { BlocksLocation, Decoder } from "@ropewalk/decoder";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";

/** The layers' matrices, and the one that logits are taken with. */
export const matricesOf = ({ projections, unembedding }: Decoder): readonly string[] => [...projections, unembedding];

/** Where the matrices that are in blocks lie, by name. */
export const blocksOf = ({
  decoder,
  locateBlocks,
}: Pick<Checkpoint, "decoder" | "locateBlocks">): ReadonlyMap<string, BlocksLocation> =>
  new Map(
    matricesOf(decoder).flatMap((name) => {
      const blocks = locateBlocks?.(name);
      return blocks === undefined ? [] : [[name, blocks] as const];
    }),
  );

/**
 * Every tensor that is read as a dense one. A tied embedding is looked up in as well: its table is there beside its blocks.
 *
 * @param inBlocks - the matrices that are in blocks
 */
export const denseNames = (
  { tensors, embedding }: Decoder,
  inBlocks: { readonly has: (name: string) => boolean },
): readonly string[] => Object.keys(tensors).filter((name) => !inBlocks.has(name) || name === embedding);
