/** Random weights in a checkpoint's form, and the same for the oracle. */
import { bytesOf, headerOf, safetensorsFile, type Json } from "./safetensors-file.ts";
import type { Matrix, Weights } from "../plain-decoders/plain-decoder.ts";

/** Numbers from -1 to 1, the same for the same seed (Park and Miller, 1988). */
const numbersFrom = (seed: number): (() => number) => {
  let state = 1 + (seed % 2_147_483_646);
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (2 * state) / 2_147_483_647 - 1;
  };
};

/** Of a size that keeps activations near 1; norms near 1. */
const valuesOf = (name: string, shape: readonly number[], next: () => number): Float32Array => {
  const length = shape.reduce((product, size) => product * size, 1);
  if (/norm\w*\.weight$/.test(name)) return Float32Array.from({ length }, () => 1 + next() / 4);
  const scale = shape.length === 1 ? 0.2 : 2 / Math.sqrt(shape[1]!);
  return Float32Array.from({ length }, () => scale * next());
};

export type RandomCheckpoint = {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly weights: Weights;
};

export const randomCheckpoint = (
  config: Json,
  shapes: Readonly<Record<string, readonly number[]>>,
  seed = 1,
): RandomCheckpoint => {
  const next = numbersFrom(seed);
  const { header, dataLength } = headerOf(shapes);
  const file = safetensorsFile(header, dataLength);
  let at = file.length - dataLength;
  const weights = new Map<string, Matrix>();
  for (const [name, shape] of Object.entries(shapes)) {
    const values = valuesOf(name, shape, next);
    file.set(new Uint8Array(values.buffer), at);
    at += values.byteLength;
    weights.set(name, { rows: shape[0]!, columns: shape[1] ?? 1, data: Float64Array.from(values) });
  }
  return { files: { "config.json": bytesOf(JSON.stringify(config)), "model.safetensors": file }, weights };
};
