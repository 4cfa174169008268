/**
 * Tensors that a decoder does not read. Most are buffers, and left alone; a bias or a layer that the config knows nothing of
 * says that the config is of another model.
 */
import type { Decoder } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import type { TensorEntry } from "./safetensors/tensor-entry.ts";

const layerOf = (name: string): number => Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? -1);

/** @throws RangeError naming the tensor */
export const checkUnread = (
  { numLayers, tensors: read }: Pick<Decoder, "numLayers" | "tensors">,
  tensors: ReadonlyMap<string, TensorEntry>,
): void => {
  for (const { name, file } of tensors.values()) {
    if (Object.hasOwn(read, name)) continue;
    check(
      layerOf(name) < numLayers,
      `loadCheckpoint: ${file} must have no layer beyond num_hidden_layers ${numLayers}`,
      name,
    );
    check(
      !name.endsWith(".bias") || !Object.hasOwn(read, name.replace(/bias$/, "weight")),
      `loadCheckpoint: ${file} must have no bias that config.json does not state`,
      name,
    );
  }
};
