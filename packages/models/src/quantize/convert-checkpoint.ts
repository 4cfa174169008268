/**
 * A checkpoint's folder rewritten with its matrices in blocks, its adapters merged into them, or both: a config.json that says so, one
 * model.safetensors, and the other files as they are. Tensors are written one after another, so that memory holds one at a time.
 */
import { check } from "@ropewalk/check";
import { mergedRows } from "../adapter/merged-rows.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { configObject } from "../config/config-object.ts";
import type { CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson } from "../folder/json-file.ts";
import { tunedConfig } from "../tuned/tuned-config.ts";
import { encodeSafetensorsHeader, type StoredTensor } from "../safetensors/encode-header.ts";
import type { BlockForm } from "./quantize-blocks.ts";
import { denseNames } from "./matrices.ts";
import { blockBytes, type Precision } from "./precision.ts";
import type { TensorType } from "../safetensors/tensor-entry.ts";
import { readStored } from "../checkpoint/stored-bytes.ts";
import { checkDense, formsOf, quantizeMatrix } from "./quantize-matrix.ts";
import { elementsOf, quantMethod, scalesOf } from "./stored-blocks.ts";

/** A file of the new folder: its name and its bytes, part by part. */
export type ConvertedFile = { readonly name: string; readonly parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array> };

/** Files that are copied as they are, if the folder has them. */
const companions = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
  // The passkey task in the model's own language.
  "task.json",
];

/** The files of a folder that a converted one gets unchanged. */
export const companionsOf = async (folder: CheckpointFolder): Promise<readonly ConvertedFile[]> => {
  const found = await Promise.all(
    companions.map(async (name): Promise<readonly ConvertedFile[]> => {
      const file = await folder.file(name);
      return file === undefined ? [] : [{ name, parts: once(await file.source.read(0, file.source.size)) }];
    }),
  );
  return found.flat();
};

/** One tensor that is written, or a matrix's two: their entries in the header, and their bytes, which are computed when their turn comes. */
type TensorToWrite = {
  readonly tensors: readonly StoredTensor[];
  readonly bytes: () => Promise<readonly Uint8Array[]>;
};

/** A matrix with its adapters merged, in float32: a narrower type would round away what the adapters add. */
const mergedMatrix = (checkpoint: Checkpoint, name: string): TensorToWrite => {
  const { decoder } = checkpoint;
  const dims = decoder.tensors[name] as readonly [number, number];
  check(
    name !== decoder.embedding,
    `convertCheckpoint: the head of ${checkpoint.name} must be a matrix of its own for its adapter to be merged`,
    "the embedding",
  );
  const length = 4 * dims[0] * dims[1];
  return {
    tensors: [{ name, type: "F32", dims, length }],
    bytes: async () => {
      const whole = new Float32Array(length / 4);
      for await (const { from, rows } of mergedRows(checkpoint, name)) whole.set(rows, from * dims[1]);
      return [new Uint8Array(whole.buffer)];
    },
  };
};

const tensorsToWrite = (checkpoint: Checkpoint, forms: ReadonlyMap<string, BlockForm>): readonly TensorToWrite[] => {
  const { decoder, adapters } = checkpoint;
  const matrices = [...forms].map(([name, form]): TensorToWrite => {
    const dims = decoder.tensors[name] as readonly [number, number];
    const { elements, scales } = blockBytes(form, dims);
    const blocks = Math.ceil(dims[1] / form.blockSize);
    return {
      tensors: [
        { name: elementsOf(name), type: "U8", dims: [dims[0], blocks, elements / dims[0] / blocks], length: elements },
        { name: scalesOf(name), type: "F32", dims: [dims[0], blocks], length: scales },
      ],
      bytes: async () => {
        const found = await quantizeMatrix(checkpoint, name, form);
        return [found.elements, new Uint8Array(found.scales.buffer)];
      },
    };
  });
  const dense = denseNames(decoder, forms).map((name): TensorToWrite => {
    // The dense table of an embedding in blocks is only looked up in, and an adapter does not change that.
    if (adapters?.has(name) && !forms.has(name)) return mergedMatrix(checkpoint, name);
    const { dims, length } = checkpoint.tensors.get(name)!;
    return {
      tensors: [{ name, type: checkpoint.tensors.get(name)!.type as TensorType, dims, length }],
      bytes: async () => [await readStored(checkpoint, checkpoint.locate(name))],
    };
  });
  return [...matrices, ...dense];
};

const weightParts = async function* (
  all: readonly TensorToWrite[],
  onProgress: ((done: number, total: number) => void) | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield encodeSafetensorsHeader(all.flatMap(({ tensors }) => tensors));
  for (const [index, { bytes }] of all.entries()) {
    yield* await bytes();
    onProgress?.(index + 1, all.length);
  }
};

export const once = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
};

/**
 * The files of the converted folder, to be written in this order. The checkpoint's adapters are merged: a matrix with an adapter is rounded
 * after that, or written in float32.
 *
 * @param precision - the precision that matrices are rounded to; undefined: they stay as they are stored
 * @param onProgress - called after each tensor of model.safetensors
 * @throws RangeError when the checkpoint is quantized already; while the parts are taken, when a weight is not finite
 */
export const convertCheckpoint = async (
  checkpoint: Checkpoint,
  precision: Precision | undefined,
  onProgress?: (done: number, total: number) => void,
): Promise<readonly ConvertedFile[]> => {
  checkDense(checkpoint);
  const { folder } = checkpoint;
  const json = await readJson(folder, "config.json");
  const { extension, trainedContext: seqLen } = checkpoint.tuned ?? {};
  const merged = extension === undefined ? json : tunedConfig({ extension, seqLen: seqLen! }, json);
  const { values } = configObject("convertCheckpoint: config.json", merged);
  const forms = precision === undefined ? new Map<string, BlockForm>() : formsOf(checkpoint, precision);
  // All forms have one block size.
  const [form] = forms.values();
  const blocks = form && { quantization_config: { quant_method: quantMethod, block_size: form.blockSize } };
  const config = { ...values, ...blocks };
  return [
    ...(await companionsOf(folder)),
    { name: "model.safetensors", parts: weightParts(tensorsToWrite(checkpoint, forms), onProgress) },
    // Last, so that a folder that was not finished cannot be opened.
    { name: "config.json", parts: once(new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)) },
  ];
};
