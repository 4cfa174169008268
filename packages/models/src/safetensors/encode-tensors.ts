/** Tensors in float32 as the bytes of a safetensors file. */
import { check } from "@ropewalk/check";
import { numElements } from "./num-elements.ts";
import { encodeSafetensorsHeader } from "./encode-header.ts";

export type DenseTensor = { readonly dims: readonly number[]; readonly data: Float32Array };

/**
 * The file's bytes, part by part, for `writeFolder`: tensors in the order of their keys.
 *
 * @param metadata - texts by name
 * @throws RangeError when a tensor's shape states another number of elements than it has
 */
export const safetensorsOf = (
  tensors: Readonly<Record<string, DenseTensor>>,
  metadata?: Readonly<Record<string, string>>,
): Iterable<Uint8Array> => {
  const all = Object.entries(tensors);
  for (const [name, { dims, data }] of all) {
    const size = numElements(dims);
    check(
      data.length === size,
      `safetensorsOf: ${name} of [${dims.join(", ")}] must have ${size} elements`,
      data.length,
    );
  }
  const header = all.map(([name, { dims, data }]) => ({ name, type: "F32" as const, dims, length: 4 * data.length }));
  return [
    encodeSafetensorsHeader(header, metadata),
    ...all.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
};
