/** The rows of a matrix with its adapters merged, W + (D U)ᵀ, in float32, a few at a time. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { readStored } from "../checkpoint/stored-bytes.ts";
import { upcast } from "../checkpoint/upcast.ts";
import { addRows } from "./low-rank.ts";

/** Elements that are upcast at a time. */
const atOnce = 2 ** 23;

/** All rows of a dense matrix [out, in] that the decoder reads, in order; `from` is the index of the first row of each part. */
export const mergedRows = async function* (
  checkpoint: Checkpoint,
  name: string,
): AsyncGenerator<{ readonly from: number; readonly rows: Float32Array }, void, undefined> {
  const [out, inner] = checkpoint.decoder.tensors[name] as readonly [number, number];
  const { location, offset, length, type } = checkpoint.locate(name);
  const rowBytes = length / out;
  const step = Math.max(1, Math.floor(atOnce / inner));
  const beside = checkpoint.adapters?.get(name);
  for (let from = 0; from < out; from += step) {
    const numRows = Math.min(out - from, step);
    const place = { location, offset: offset + from * rowBytes, length: numRows * rowBytes };
    const rows = upcast(type, await readStored(checkpoint, place));
    if (beside !== undefined) addRows(beside, from, rows);
    yield { from, rows };
  }
};
