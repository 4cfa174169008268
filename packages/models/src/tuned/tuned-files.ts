/** The files of a checkpoint with tuned weights; a folder of them loads like any other. */
import { check, checkKeys } from "@ropewalk/check";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { companionsOf, once, type ConvertedFile } from "../quantize/convert-checkpoint.ts";
import { readJson } from "../folder/json-file.ts";
import { safetensorsOf, type DenseTensor } from "../safetensors/encode-tensors.ts";
import { tunedConfig, type TunedConfig } from "./tuned-config.ts";

/**
 * The files, to be written in this order: those of the tokenizer as they are, model.safetensors in float32, config.json.
 *
 * @param tensors - every tensor that the decoder reads, by its name
 * @throws RangeError when one is missing or of another shape, and as `tunedConfig`
 */
export const tunedFiles = async (
  config: TunedConfig,
  checkpoint: Checkpoint,
  tensors: Readonly<Record<string, DenseTensor>>,
): Promise<readonly ConvertedFile[]> => {
  checkKeys<TunedConfig>("tunedFiles", "config", config, { extension: true, seqLen: true });
  const { folder, decoder } = checkpoint;
  const json = tunedConfig(config, await readJson(folder, "config.json"));
  const read = Object.entries(decoder.tensors).map(([name, dims]) => {
    const tensor = tensors[name];
    check(
      String(tensor?.dims) === String(dims),
      `tunedFiles: tensors["${name}"] must be [${dims.join(", ")}]`,
      tensor && `[${tensor.dims.join(", ")}]`,
    );
    return [name, tensor!] as const;
  });
  return [
    ...(await companionsOf(folder)),
    { name: "model.safetensors", parts: safetensorsOf(Object.fromEntries(read)) },
    // Last, so that a folder that was not finished is none.
    { name: "config.json", parts: once(new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)) },
  ];
};
