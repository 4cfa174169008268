/**
 * A hash that tells an export from others. It is the SHA-256 of:
 *
 *   the hash of model.onnx
 *   the sizes of the decoder
 *   the name of each tensor in a file, and the hash of its bytes, or of stretches of them if it is large
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
    // A tensor without a stated length may go on to the end of the file.
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
