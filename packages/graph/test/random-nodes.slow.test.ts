// Random nodes: what inference tells holds in evaluation, and evaluation agrees with ONNX Runtime.

import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import type { Dim, ModelProto, NdArray, Value } from "@ropewalk/graph";
import { checkModel, encode, evaluate, tape } from "@ropewalk/graph";
import type { RandomNode } from "./random-nodes.ts";
import { randomNodes } from "./random-nodes.ts";

type Declare = (size: number, place: number) => Dim;

type Recorded = {
  readonly model: ModelProto;
  readonly values: readonly Value[];
  readonly feeds: Record<string, NdArray>;
};

/** Records a node; `declare` says how much of an input's size the graph knows, `constants` whether sizes are constants. */
const record = (
  { opType, domain = "", inputs, attributes = {}, numOutputs = 1 }: RandomNode,
  declare: Declare,
  constants: boolean,
): Recorded => {
  const t = tape();
  const feeds: Record<string, NdArray> = {};
  const given = inputs.map((one, i) => {
    if (one === undefined) return undefined;
    const { type, dims, data } = one.array;
    if (one.givesShape && constants) return t.constant(type, dims, data);
    feeds[`x${i}`] = one.array;
    return t.input(
      `x${i}`,
      type,
      dims.map((size, axis) => declare(size, i + axis)),
    );
  });
  const values = t.ops(opType, numOutputs, given, attributes, { domain });
  for (const [i, value] of values.entries()) t.output(`y${i}`, value);
  return { model: t.model({ opset: 23, irVersion: 11 }), values, feeds };
};

const fixed: Declare = (size) => size;

const array = {
  int64: BigInt64Array,
  int32: Int32Array,
  bool: Uint8Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

const runtimeTensor = ({ type, dims, data }: NdArray): Tensor => {
  if (type === "int64") return new Tensor("int64", BigInt64Array.from(data, BigInt), dims);
  if (type === "uint8") return new Tensor("uint8", Uint8Array.from(data), dims);
  if (type === "bool") return new Tensor("bool", Uint8Array.from(data), dims);
  return new Tensor("float32", Float32Array.from(data), dims);
};

const runInRuntime = async (
  model: ModelProto,
  feeds: Record<string, NdArray>,
): Promise<InferenceSession.ReturnType> => {
  const session = await InferenceSession.create(encode(model), {
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  const results = await session.run(
    Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, runtimeTensor(feed)])),
  );
  await session.release();
  return results;
};

describe.each(randomNodes)("%s", (_, nodes) => {
  it("has the type and shape that inference tells from fixed sizes and constants", () => {
    fc.assert(
      fc.property(nodes, (node) => {
        const { model, values, feeds } = record(node, fixed, true);
        checkModel(model);
        const results = evaluate(model, feeds);
        for (const [i, { type, dims }] of values.entries())
          expect({ type, dims }).toEqual({
            type: results[`y${i}`]!.type,
            dims: results[`y${i}`]!.dims,
          });
      }),
    );
  });

  it("has a shape that agrees with what inference tells from named and unknown sizes", () => {
    fc.assert(
      fc.property(nodes, fc.infiniteStream(fc.nat(2)), fc.boolean(), (node, stream, constants) => {
        const declare: Declare = (size) => [size, `size${size}`, undefined][stream.next().value ?? 0];
        const { model, values, feeds } = record(node, declare, constants);
        const results = evaluate(model, feeds);
        for (const [i, value] of values.entries()) {
          const { type, dims } = results[`y${i}`]!;
          expect(value.type).toBe(type);
          // A name stands for its size; an unknown size agrees with any.
          const told = value.dims?.map((dim, axis) =>
            typeof dim === "string" ? Number(dim.slice("size".length)) : (dim ?? dims[axis]),
          );
          if (told) expect(told).toEqual(dims);
        }
      }),
    );
  });

  it("has the elements that ONNX Runtime computes", async () => {
    await fc.assert(
      fc.asyncProperty(nodes, fc.boolean(), async (node, constants) => {
        const { model, feeds } = record(node, fixed, constants);
        const results = evaluate(model, feeds);
        const expected = await runInRuntime(model, feeds);
        for (const [name, { type, dims, data }] of Object.entries(results)) {
          const other = expected[name]!;
          expect({ type: other.type, dims: [...other.dims] }).toEqual({ type, dims });
          expect(other.data).toBeInstanceOf(array[type as keyof typeof array]);
          const elements = Array.from(other.data as ArrayLike<number | bigint>, Number);
          for (const [i, x] of elements.entries())
            expect(Math.abs(x - data[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(x)));
        }
      }),
      { numRuns: 40 },
    );
  });
});
