/**
 * Checks the tensors that a decoder does not read. Buffers and parts of other heads may be there. But a weight or a bias in a layer, beside a
 * norm or at a head, that the config does not state means that the config belongs to another model.
 */
import { check } from "@ropewalk/check";
import type { Decoder } from "@ropewalk/decoder";

const layerOf = (name: string): number => Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? -1);

/** Whether it is a parameter, not a buffer such as `rotary_emb.inv_freq`. */
const isParameter = (name: string): boolean => /\.(?:weight|bias)$/.test(name);

/**
 * @param stored - the name and the file of every tensor
 * @param isRead - the names of the tensors that are read
 * @throws RangeError naming the tensor
 */
export const checkUnusedTensors = (
  { numLayers, tensors: read }: Pick<Decoder, "numLayers" | "tensors">,
  stored: Iterable<readonly [name: string, file: string]>,
  isRead: ReadonlySet<string>,
): void => {
  for (const [name, file] of stored) {
    if (isRead.has(name)) continue;
    const at = `loadCheckpoint: ${file} must have no`;
    const layer = layerOf(name);
    check(layer < numLayers, `${at} layer beyond num_hidden_layers ${numLayers}`, name);
    // A head without a matrix of its own is the embedding, and has no bias.
    const besideRead = Object.hasOwn(read, name.replace(/bias$/, "weight")) || name === "lm_head.bias";
    check(!name.endsWith(".bias") || (layer < 0 && !besideRead), `${at} bias that config.json does not state`, name);
    check(layer < 0 || !isParameter(name), `${at} weight in a layer that config.json does not state`, name);
  }
};
