/** Rotation in both layouts and in part, at 80 tokens, against the loops of `rotate`. */
import type { GraphCase } from "../../../../packages/backend/src/conformance/graphs.ts";
import { prepare, type Recipe } from "../../../../packages/backend/src/conformance/recipe.ts";
import { encode, tape } from "@ropewalk/graph";
import { rotate, type RotaryLayout } from "@ropewalk/rope";
import { emitRotate } from "@ropewalk/rope/onnx";
import { floatsToBase64, toBase64 } from "../base64.ts";

const rotationCase = (layout: RotaryLayout, headDim: number, rotaryDim: number, seed: number): GraphCase => {
  const [seqLen, numHeads] = [80, 3];
  const table = (at: number): Recipe => ({ kind: "noise", dims: [seqLen, 1, rotaryDim / 2], seed: at });
  const feeds = {
    x: { kind: "noise", dims: [seqLen, numHeads, headDim], seed } as const,
    cos: table(seed + 1),
    sin: table(seed + 2),
  };
  const graph = tape();
  const [x, cos, sin] = Object.entries(feeds).map(([name, { dims }]) => graph.input(name, "float32", dims));
  graph.output("out", emitRotate(graph, { layout, headDim, rotaryDim }, x!, cos!, sin!));

  const data = (recipe: Recipe): Float32Array => prepare(recipe).data as Float32Array;
  const byHead = new Float32Array(seqLen * numHeads * headDim);
  const source = data(feeds.x);
  const move = (from: Float32Array, to: Float32Array, back: boolean): void => {
    for (let token = 0; token < seqLen; token++)
      for (let head = 0; head < numHeads; head++) {
        const [row, column] = [(token * numHeads + head) * headDim, (head * seqLen + token) * headDim];
        const [at, target] = back ? [column, row] : [row, column];
        to.set(from.subarray(at, at + headDim), target);
      }
  };
  move(source, byHead, false);
  const turned = rotate(
    { layout, rotaryDim },
    { dims: [1, numHeads, seqLen, headDim], data: byHead },
    { cos: data(feeds.cos), sin: data(feeds.sin) },
  );
  const expected = new Float32Array(source.length);
  move(turned.data, expected, true);
  return {
    name: `rotation, ${layout}, ${rotaryDim} of ${headDim} dimensions, 80 tokens`,
    model: toBase64(encode(graph.model())),
    feeds,
    expected: { dims: [seqLen, numHeads, headDim], data: floatsToBase64(expected) },
  };
};

export const rotationCases: readonly GraphCase[] = [
  rotationCase("halves", 16, 16, 11),
  rotationCase("interleaved", 16, 16, 21),
  rotationCase("halves", 10, 6, 31),
];
