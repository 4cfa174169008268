/** Finds weights that are NaN or infinite. In these all bits of the exponent are set. */
import type { WeightType } from "@ropewalk/decoder";
import type { Checkpoint } from "./checkpoint.ts";
import type { ByteSource } from "../folder/checkpoint-folder.ts";
import { fileOf } from "./stored-bytes.ts";
import { offsetsOf, scalesOf } from "../quantize/stored-blocks.ts";
import { upcast } from "./upcast.ts";

/** The first weight of a tensor that is NaN or infinite; `index` is that of its element. */
export type NonFinite = { readonly tensor: string; readonly index: number; readonly value: number };

/** Where a tensor's elements lie. */
export type StoredElements = {
  readonly name: string;
  readonly type: WeightType;
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
};

const layouts: Readonly<Record<WeightType, { readonly width: 2 | 4; readonly exponent: number }>> = {
  float32: { width: 4, exponent: 0x7f800000 },
  float16: { width: 2, exponent: 0x7c00 },
  bfloat16: { width: 2, exponent: 0x7f80 },
};

/** How many bytes are read at a time; a multiple of every width. */
const pieceBytes = 2 ** 24;

/** The first element of a tensor that is NaN or infinite. */
export const firstNonFinite = async ({
  name,
  type,
  source,
  offset,
  length,
}: StoredElements): Promise<NonFinite | undefined> => {
  const { width, exponent } = layouts[type];
  for (let done = 0; done < length; done += pieceBytes) {
    const bytes = (await source.read(offset + done, offset + Math.min(length, done + pieceBytes))).slice();
    const bits = width === 4 ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer);
    for (let at = 0; at < bits.length; at++)
      if ((bits[at]! & exponent) === exponent)
        return {
          tensor: name,
          index: done / width + at,
          value: upcast(type, bytes.subarray(at * width, (at + 1) * width))[0]!,
        };
  }
  return undefined;
};

/**
 * For each tensor that the decoder reads and that has a weight that is NaN or infinite, the first such weight. Reads all weights once.
 *
 * @param onProgress - called with the number of tensors that are done, and of all
 */
export const nonFiniteWeights = async (
  checkpoint: Checkpoint,
  onProgress?: (done: number, total: number) => void,
): Promise<readonly NonFinite[]> => {
  const names = Object.keys(checkpoint.decoder.tensors);
  const found: NonFinite[] = [];
  for (const [done, name] of names.entries()) {
    const blocks = checkpoint.locateBlocks?.(name);
    // A tied embedding may be there dense too, beside its blocks.
    const dense = blocks === undefined || (name === checkpoint.decoder.embedding && !blocks.isTable);
    const places = [
      ...(dense ? [{ name, ...checkpoint.locate(name) }] : []),
      ...(blocks ? [{ name: scalesOf(name), type: "float32" as const, ...blocks.scales }] : []),
      ...(blocks?.offsets ? [{ name: offsetsOf(name), type: "float32" as const, ...blocks.offsets }] : []),
    ];
    for (const { location, ...place } of places) {
      const first = await firstNonFinite({ ...place, source: fileOf(checkpoint, location).source });
      if (first !== undefined) found.push(first);
    }
    onProgress?.(done + 1, names.length);
  }
  return found;
};
