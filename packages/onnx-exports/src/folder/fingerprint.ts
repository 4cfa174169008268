/**
 * What tells an export from others:
 *
 *   SHA-256 of the hash of its graph, the sizes read of it, and of each tensor that lies in a file its name and the hash of its bytes, of a
 *   large one of stretches
 */
import type { DecoderSizes } from "@ropewalk/decoder";
import { hashOf, fileSampling, tensorSampling, sampledHash, sha256, type CheckpointFile } from "@ropewalk/models";
import type { DataPlace } from "../graph/external-data.ts";

type Data = { readonly places: readonly DataPlace[]; readonly files: ReadonlyMap<string, CheckpointFile> };

/** 64 hexadecimal digits. */
export const exportFingerprint = async (
  model: Uint8Array,
  { numLayers, vocabSize, headDim, numHeads, numKvHeads, rope, attention, slidingWindow }: DecoderSizes,
  { places, files }: Data,
): Promise<string> => {
  const tensors: (readonly [string, string])[] = [];
  for (const { tensor, location, offset, end } of places) {
    const { source } = files.get(location)!;
    // Where the model does not say how long a tensor is, it may go on to the end of the file.
    const hash =
      end > offset
        ? await sampledHash(source, { from: offset, to: end }, tensorSampling)
        : await sampledHash(source, { from: offset, to: source.size }, fileSampling);
    tensors.push([tensor, hash]);
  }
  return hashOf({
    model: await sha256(model),
    decoder: { numLayers, vocabSize, headDim, numHeads, numKvHeads, rope, attention, slidingWindow },
    tensors,
  });
};
