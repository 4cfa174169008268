// The RotaryEmbedding cases of the ONNX standard, as one tensor to rotate and one row of cos and sin a token.

import { readdirSync, readFileSync } from "node:fs";
import { decode, decodeTensor, tensorToArray, type NdArray } from "@ropewalk/graph";
import type { RotaryLayout } from "@ropewalk/rope";

export type OnnxCase = {
  readonly name: string;
  readonly layout: RotaryLayout;
  readonly rotaryDim: number;
  /** [batch, numHeads, seqLen, headDim], or [batch, seqLen, numHeads, headDim] where the case has heads last. */
  readonly x: NdArray;
  readonly wanted: Float64Array;
  readonly headsLast: boolean;
  /** [batch, seqLen, rotaryDim / 2] */
  readonly cos: NdArray;
  readonly sin: NdArray;
};

const folder = new URL("vectors/onnx/", import.meta.url);

const read = (name: string): OnnxCase => {
  const bytes = (path: string) => new Uint8Array(readFileSync(new URL(`${name}/${path}`, folder)));
  const array = (file: string) => tensorToArray(decodeTensor(bytes(`test_data_set_0/${file}.pb`)));
  const { graph } = decode(bytes("model.onnx"));
  const inputs = new Map(graph!.input.map((input, i) => [input.name, array(`input_${i}`)]));
  const x = inputs.get("input")!;
  const positions = inputs.get("position_ids");
  // Without position_ids the caches have a row a token already.
  const rows = (cache: NdArray): NdArray => {
    if (!positions) return cache;
    const width = cache.dims[1]!;
    const data = Array.from(positions.data, (p) => [...cache.data.subarray(p * width, (p + 1) * width)]);
    return {
      type: cache.type,
      dims: [...positions.dims, width],
      data: Float64Array.from(data.flat()),
    };
  };
  const cos = rows(inputs.get("cos_cache")!);
  // Only three axes leave the number of heads to the operator's attribute.
  const headsLast = x.dims.length === 3;
  const numHeads = Number(graph!.node[0]!.attribute.find((a) => a.name === "num_heads")?.i);
  return {
    name,
    // The expanded cases are functions without attributes: their names tell the layout, the caches' width rotaryDim.
    layout: name.includes("interleaved") ? "interleaved" : "halves",
    rotaryDim: 2 * cos.dims.at(-1)!,
    x: headsLast ? { ...x, dims: [x.dims[0]!, x.dims[1]!, numHeads, x.dims[2]! / numHeads] } : x,
    wanted: array("output_0").data,
    headsLast,
    cos,
    sin: rows(inputs.get("sin_cache")!),
  };
};

export const onnxCases: readonly OnnxCase[] = readdirSync(folder)
  .filter((name) => name.startsWith("test_rotary_embedding"))
  .map(read);

/** Swaps axes 1 and 2. */
export const transposed = (
  [n0, n1, n2, n3]: readonly [number, number, number, number],
  data: ArrayLike<number>,
): Float64Array =>
  Float64Array.from({ length: n0 * n1 * n2 * n3 }, (_, to) => {
    const [d, b, c, a] = [
      to % n3,
      Math.floor(to / n3) % n1,
      Math.floor(to / (n3 * n1)) % n2,
      Math.floor(to / (n3 * n1 * n2)),
    ];
    return data[((a * n1 + b) * n2 + c) * n3 + d]!;
  });
