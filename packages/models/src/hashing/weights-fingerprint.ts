/**
 * What tells a model's weights from others', as they are run:
 *
 *   SHA-256 of the config's numbers, of each tensor that the decoder reads its name, form, shape and the hash of its bytes (of a large
 *   one, of stretches of it), and of each adapter beside one, at its scale
 *
 * Rounded weights are others than those that they were rounded from. Where the files lie, and how they are cut, says nothing.
 */
import { canonical, hashOf, sha256 } from "./canonical-json.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { extensionKey } from "../tuned/extension-entry.ts";
import { fileOf } from "../checkpoint/stored-bytes.ts";
import { readJson } from "../folder/json-file.ts";
import { tensorSampling, sampledHash } from "./sampled-hash.ts";

/** Keys of a config that say nothing of what is computed. An extension is no weight. */
const saysNothing = new Set([
  ...["_name_or_path", "architectures", "auto_map", "transformers_version", "torch_dtype", "dtype", "use_cache"],
  ...["bos_token_id", "eos_token_id", "pad_token_id", "initializer_range", "pretraining_tp", "task_specific_params"],
  ...["attention_dropout", "hidden_dropout", "resid_pdrop", "embd_pdrop", "attn_implementation", extensionKey],
]);

/** Numbers of the config, those that a caller has changed among them. */
const numbersOf = async ({ folder, decoder }: Checkpoint) => {
  const config = (await readJson(folder, "config.json")) as Readonly<Record<string, unknown>>;
  const { numLayers, vocabSize, headDim, numHeads, numKvHeads, rope, attention, slidingWindow } = decoder;
  return {
    config: Object.fromEntries(Object.entries(config).filter(([key]) => !saysNothing.has(key))),
    decoder: { numLayers, vocabSize, headDim, numHeads, numKvHeads, rope, attention, slidingWindow },
  };
};

type Place = { readonly location: string; readonly offset: number; readonly length: number };

const tensorsOf = async (checkpoint: Checkpoint): Promise<readonly unknown[]> => {
  const hashed = ({ location, offset, length }: Place): Promise<string> =>
    sampledHash(fileOf(checkpoint, location).source, { from: offset, to: offset + length }, tensorSampling);
  const all: unknown[] = [];
  for (const [name, dims] of Object.entries(checkpoint.decoder.tensors)) {
    const blocks = checkpoint.locateBlocks?.(name);
    if (blocks === undefined) {
      const place = checkpoint.locate(name);
      all.push([name, place.type, dims, await hashed(place)]);
    } else {
      const { bits, blockSize, elements, scales } = blocks;
      all.push([name, `${bits} bits by ${blockSize}`, dims, await hashed(elements), await hashed(scales)]);
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

/** By name, so that the order of keys and of adapters' modules says nothing. */
const inOrder = (rows: readonly unknown[]): readonly string[] => rows.map((row) => canonical(row as object)).toSorted();

/** 64 hexadecimal digits. Reads the weights' files. */
export const weightsFingerprint = async (checkpoint: Checkpoint): Promise<string> =>
  hashOf({
    ...(await numbersOf(checkpoint)),
    tensors: inOrder(await tensorsOf(checkpoint)),
    adapters: inOrder(await adaptersOf(checkpoint)),
  });
