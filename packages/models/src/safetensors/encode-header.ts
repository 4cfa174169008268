/** The first bytes of a safetensors file: its length and the header, padded so that the data begins at a multiple of 8. */
import type { TensorEntry } from "./tensor-entry.ts";

/** A tensor to be stored; `length` is in bytes. */
export type StoredTensor = Pick<TensorEntry, "name" | "type" | "dims" | "length">;

/**
 * @param tensors - in the order of their data
 * @param metadata - texts by name
 */
export const encodeSafetensorsHeader = (
  tensors: readonly StoredTensor[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array => {
  let end = 0;
  const header = Object.fromEntries(
    tensors.map(({ name, type, dims, length }) => {
      const from = end;
      end += length;
      return [name, { dtype: type, shape: dims, data_offsets: [from, end] }];
    }),
  );
  const whole = metadata === undefined ? header : { __metadata__: metadata, ...header };
  const text = new TextEncoder().encode(JSON.stringify(whole));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  return bytes;
};
