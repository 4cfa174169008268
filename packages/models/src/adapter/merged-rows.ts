/** Rows of a matrix as they are with its adapters merged: W + (D U)ᵀ, in float32, a part at a time. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { fileOf } from "../checkpoint/stored-bytes.ts";
import { upcast } from "../checkpoint/upcast.ts";
import { addRows } from "./low-rank.ts";

/** Elements that are upcast at a time. */
const atOnce = 2 ** 23;

/** Rows from `from` on, in order: all of a dense matrix [out, in] that the decoder reads. */
export const mergedRows = async function* (
  checkpoint: Checkpoint,
  name: string,
): AsyncGenerator<{ readonly from: number; readonly rows: Float32Array }, void, undefined> {
  const [out, inner] = checkpoint.decoder.tensors[name] as readonly [number, number];
  const { location, offset, length, type } = checkpoint.locate(name);
  const { source } = fileOf(checkpoint, location);
  const rowBytes = length / out;
  const step = Math.max(1, Math.floor(atOnce / inner));
  const beside = checkpoint.adapters?.get(name);
  for (let from = 0; from < out; from += step) {
    const bytes = await source.read(offset + from * rowBytes, offset + Math.min(out, from + step) * rowBytes);
    const rows = upcast(type, bytes);
    if (beside !== undefined) addRows(beside, from, rows);
    yield { from, rows };
  }
};
