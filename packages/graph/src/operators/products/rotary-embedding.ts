// Rotation of pairs by a position's angles:
//
//   y[a] = x[a] cos - x[b] sin,  y[b] = x[b] cos + x[a] sin     pairs (a, b): (j, j + R / 2), or (2j, 2j + 1) when interleaved
//
// x is [batch, heads, length, size], or [batch, length, heads * size] with the attribute num_heads; the first R dimensions of
// a head rotate. Tables are [batch, length, R / 2], or [positions, R / 2] with positions [batch, length] as the fourth input.

import type { NdArray } from "../../arrays/nd-array.ts";
import { formatDims } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

/** Where element d of a head lies in x, by batch, head and place. */
type Layout = {
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  readonly size: number;
  readonly at: (batch: number, head: number, place: number) => number;
};

const layoutOf = (call: Call<NdArray>, { dims }: NdArray): Layout => {
  if (dims.length === 4) {
    const [batch, heads, length, size] = dims as readonly [number, number, number, number];
    return { batch, heads, length, size, at: (b, h, p) => ((b * heads + h) * length + p) * size };
  }
  const [batch, length, hidden] = dims as readonly [number, number, number];
  const heads = intAttribute(call, "num_heads", 0);
  if (dims.length !== 3 || heads < 1 || hidden % heads !== 0)
    fail(call, "x must have four axes, or three with num_heads dividing the last", `${formatDims(dims)}, ${heads}`);
  const size = hidden / heads;
  return { batch, heads, length, size, at: (b, h, p) => ((b * length + p) * heads + h) * size };
};

export const rotaryEmbedding: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    return [{ type, dims }];
  },
  evaluate: (call) => {
    const [x, cos, sin] = [input(call, 0), input(call, 1), input(call, 2)];
    const positions = call.inputs[3];
    const { batch, heads, length, size, at } = layoutOf(call, x);
    const rotating = intAttribute(call, "rotary_embedding_dim", 0) || size;
    const pairs = rotating / 2;
    const interleaved = intAttribute(call, "interleaved", 0) !== 0;
    const wanted = positions === undefined ? [batch, length, pairs] : [cos.dims[0]!, pairs];
    if (formatDims(cos.dims) !== formatDims(wanted) || formatDims(sin.dims) !== formatDims(wanted))
      fail(call, `the tables must be ${formatDims(wanted)}`, `${formatDims(cos.dims)} and ${formatDims(sin.dims)}`);
    const out = Float64Array.from(x.data);
    for (let b = 0; b < batch; b++)
      for (let p = 0; p < length; p++) {
        const row = (positions === undefined ? b * length + p : positions.data[b * length + p]!) * pairs;
        for (let h = 0; h < heads; h++)
          for (let j = 0; j < pairs; j++) {
            const from = at(b, h, p);
            const [first, second] = interleaved ? [from + 2 * j, from + 2 * j + 1] : [from + j, from + j + pairs];
            const [c, s] = [cos.data[row + j]!, sin.data[row + j]!];
            out[first] = x.data[first]! * c - x.data[second]! * s;
            out[second] = x.data[second]! * c + x.data[first]! * s;
          }
      }
    return [out];
  },
};
