/**
 * A hash of a model's weights as they are run: SHA-256 of
 *
 *   the config's numbers;
 *   for each tensor that the decoder reads, its name, form, shape and the sampled hash of its bytes;
 *   each adapter, at its scale.
 *
 * Rounded weights have another fingerprint than the weights that they were rounded from. Where the files lie, and how weights are split
 * into files, changes nothing.
 */
import { canonical, hashOf, sha256 } from "./canonical-json.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { extensionKey } from "../tuned/extension-entry.ts";
import { fileOf, type StoredPlace } from "../checkpoint/stored-bytes.ts";
import { readJson } from "../folder/json-file.ts";
import { tensorSampling, sampledHash } from "./sampled-hash.ts";

/** Keys of a config that change nothing of the weights; an extension does not either. */
const ignoredKeys = new Set([
  "_name_or_path",
  "architectures",
  "attention_dropout",
  "attn_implementation",
  "auto_map",
  "bos_token_id",
  "dtype",
  "embd_pdrop",
  "eos_token_id",
  "hidden_dropout",
  "initializer_range",
  "pad_token_id",
  "pretraining_tp",
  "resid_pdrop",
  "task_specific_params",
  "torch_dtype",
  "transformers_version",
  "use_cache",
  extensionKey,
]);

/** The config's numbers, and the decoder's, which a caller may have changed. */
const numbersOf = async ({ folder, decoder }: Checkpoint) => {
  const config = (await readJson(folder, "config.json")) as Readonly<Record<string, unknown>>;
  const { numLayers, vocabSize, headDim, numHeads, numKvHeads, rope, attention, slidingWindow } = decoder;
  return {
    config: Object.fromEntries(Object.entries(config).filter(([key]) => !ignoredKeys.has(key))),
    decoder: { numLayers, vocabSize, headDim, numHeads, numKvHeads, rope, attention, slidingWindow },
  };
};

const tensorsOf = async (checkpoint: Checkpoint): Promise<readonly unknown[]> => {
  const hashed = ({ location, offset, length }: StoredPlace): Promise<string> =>
    sampledHash(fileOf(checkpoint, location).source, { from: offset, to: offset + length }, tensorSampling);
  const all: unknown[] = [];
  for (const [name, dims] of Object.entries(checkpoint.decoder.tensors)) {
    const blocks = checkpoint.locateBlocks?.(name);
    if (blocks === undefined) {
      const place = checkpoint.locate(name);
      all.push([name, place.type, dims, await hashed(place)]);
    } else {
      const { bits, blockSize, elements, scales, offsets } = blocks;
      const added = offsets ? [await hashed(offsets)] : [];
      all.push([name, `${bits} bits by ${blockSize}`, dims, await hashed(elements), await hashed(scales), ...added]);
    }
  }
  return all;
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const adaptersOf = async ({ adapters }: Checkpoint): Promise<readonly unknown[]> => {
  const all: unknown[] = [];
  for (const [name, { rank, down, up }] of adapters ?? [])
    all.push([name, rank, await sha256(bytesOf(down)), await sha256(bytesOf(up))]);
  return all;
};

/** In one order, so that the order of keys and of adapters' modules changes nothing. */
const inOrder = (rows: readonly unknown[]): readonly string[] => rows.map((row) => canonical(row as object)).toSorted();

/** The fingerprint, 64 hexadecimal digits. Reads the weights' files. */
export const weightsFingerprint = async (checkpoint: Checkpoint): Promise<string> =>
  hashOf({
    ...(await numbersOf(checkpoint)),
    tensors: inOrder(await tensorsOf(checkpoint)),
    adapters: inOrder(await adaptersOf(checkpoint)),
  });
