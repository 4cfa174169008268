/** The likeliest token of each row of logits: the first of equals, or none where they are no numbers. */
import type { GraphCase } from "../../../../packages/backend/src/conformance/graphs.ts";
import { prepare } from "../../../../packages/backend/src/conformance/recipe.ts";
import { giveLogits, noToken, decoderOutputs } from "@ropewalk/decoder";
import { encode, tape } from "@ropewalk/graph";
import { floatsToBase64, toBase64 } from "../base64.ts";

const [rows, half] = [70, 300];

export const likeliestCase = (): GraphCase => {
  const feeds = { x: { kind: "noise", dims: [rows, half], seed: 80 } as const };
  const graph = tape();
  const x = graph.input("x", "float32", ["rows", half]);
  giveLogits(graph, graph.op("Concat", [x, x], { axis: 1 }), 2 * half);
  const data = prepare(feeds.x).data as Float32Array;
  const expected = Float32Array.from({ length: rows }, (_, row) => {
    const own = data.subarray(row * half, (row + 1) * half);
    return own.indexOf(Math.max(...own));
  });
  return {
    name: `likeliest tokens of ${rows} rows, each logit twice`,
    model: toBase64(encode(graph.model())),
    feeds,
    expected: { output: decoderOutputs.likeliest, type: "int64", dims: [rows], data: floatsToBase64(expected) },
  };
};

/** By what each row of logits is multiplied. */
const factors = [1, Number.NaN, Infinity, -1];

export const noLikeliestCase = (): GraphCase => {
  const feeds = { x: { kind: "noise", dims: [factors.length, half], seed: 81 } as const };
  const graph = tape();
  const x = graph.input("x", "float32", ["rows", half]);
  giveLogits(graph, graph.op("Mul", [x, graph.constant("float32", [factors.length, 1], factors)]), half);
  const data = prepare(feeds.x).data as Float32Array;
  const expected = Float32Array.from(factors, (factor, row) => {
    const own = data.subarray(row * half, (row + 1) * half).map((logit) => logit * factor);
    return own.every(Number.isFinite) ? own.indexOf(Math.max(...own)) : noToken;
  });
  return {
    name: "likeliest tokens of rows of which two are no numbers",
    model: toBase64(encode(graph.model())),
    feeds,
    expected: {
      output: decoderOutputs.likeliest,
      type: "int64",
      dims: [factors.length],
      data: floatsToBase64(expected),
    },
  };
};
