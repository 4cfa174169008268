// The one-node emitter against `rotate`, in both forms of its input and in ONNX Runtime.

import { encode, tape } from "@ropewalk/graph";
import { rotate, type RotaryLayout } from "@ropewalk/rope";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";

const [numHeads, seqLen] = [3, 70];
const wave = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, n) => Math.sin(step * n));

it.each<readonly [RotaryLayout, number, number]>([
  ["halves", 16, 16],
  ["halves", 10, 6],
  ["interleaved", 16, 16],
  ["interleaved", 24, 20],
])("%s, head of %i, %i rotating", async (layout, headDim, rotaryDim) => {
  const x = wave(numHeads * seqLen * headDim, 1.3);
  const [cos, sin] = [wave((seqLen * rotaryDim) / 2, 0.7), wave((seqLen * rotaryDim) / 2, 0.9)];
  const wanted = rotate({ layout, rotaryDim }, { dims: [1, numHeads, seqLen, headDim], data: x }, { cos, sin }).data;
  // The same numbers with the heads of a token side by side.
  const byToken = (data: Float32Array): Float32Array =>
    Float32Array.from(data, (_, at) => {
      const [token, head, d] = [
        Math.floor(at / (numHeads * headDim)),
        Math.floor(at / headDim) % numHeads,
        at % headDim,
      ];
      return data[(head * seqLen + token) * headDim + d]!;
    });
  const table = [1, seqLen, rotaryDim / 2];
  for (const [dims, given, expected] of [
    [[1, numHeads, seqLen, headDim], x, wanted],
    [[1, seqLen, numHeads * headDim], byToken(x), byToken(wanted)],
  ] as const) {
    const t = tape();
    const value = (name: string, sizes: readonly number[]) => t.input(name, "float32", sizes);
    const config = { layout, numHeads, headDim, rotaryDim };
    t.output("y", emitRotaryEmbedding(t, config, value("x", dims), value("cos", table), value("sin", table)));
    const session = await InferenceSession.create(encode(t.model({ opset: 23, irVersion: 11 })));
    const { y } = await session.run({
      x: new Tensor("float32", given, dims),
      cos: new Tensor("float32", cos, table),
      sin: new Tensor("float32", sin, table),
    });
    await session.release();
    const differences = expected.map((number, at) => Math.abs(number - (y!.data as Float32Array)[at]!));
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  }
});

it("refuses axes and widths that it does not rotate", () => {
  const t = tape();
  const x = t.input("x", "float32", [4, 8]);
  const config = { layout: "halves", numHeads: 1, headDim: 8, rotaryDim: 8 } as const;
  expect(() => emitRotaryEmbedding(t, config, x, x, x)).toThrow("x must have 3 or 4 axes, got 2");
  expect(() => emitRotaryEmbedding(t, { ...config, rotaryDim: 7 }, x, x, x)).toThrow(/emitRotaryEmbedding: rotaryDim/);
});
