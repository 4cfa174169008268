// What inference tells from named and unknown sizes, and what it refuses.

import { thrownBy } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import type { Attribute, DataType, Dim, Tape, Value } from "@ropewalk/graph";
import { tape } from "@ropewalk/graph";

type Inputs = (t: Tape) => readonly (Value | undefined)[];
let count = 0;
const x = (t: Tape, ...dims: Dim[]): Value => t.input(`x${count++}`, "float32", dims);
const of = (t: Tape, type: DataType, ...dims: Dim[]): Value => t.input(`x${count++}`, type, dims);
const ints = (t: Tape, ...data: number[]): Value => t.constant("int64", [data.length], data);
/** A tensor of which nothing is known. */
const mystery = (t: Tape): Value => t.op("Mystery", [], {}, { domain: "test" });

/** ONNX's own domain, as a text: a test may give an operator any inputs. */
const ownDomain: string = "";

const infer = (
  opType: string,
  inputs: Inputs,
  attributes: Readonly<Record<string, Attribute>> = {},
  numOutputs = 1,
): readonly (readonly Dim[] | undefined)[] => {
  const t = tape();
  return t.ops(opType, numOutputs, inputs(t), attributes, { domain: ownDomain }).map(({ dims }) => dims);
};

type Case = readonly [string, Inputs, Readonly<Record<string, Attribute>>, readonly Dim[] | undefined];

describe("shapes", () => {
  const cases: readonly Case[] = [
    ["Add", (t) => [x(t, "n", 1, 4), x(t, 3, 1)], {}, ["n", 3, 4]],
    ["Add", (t) => [x(t, "n", 2), x(t, "n", 2)], {}, ["n", 2]],
    ["Add", (t) => [x(t, "n"), x(t, "m")], {}, [undefined]],
    ["Add", (t) => [x(t, "n"), x(t, 3)], {}, [3]],
    ["Add", (t) => [x(t, undefined), x(t, 1)], {}, [undefined]],
    ["Add", (t) => [x(t, 0), x(t, 1)], {}, [0]],
    ["Add", (t) => [x(t, "n"), mystery(t)], {}, undefined],
    ["Max", (t) => [x(t, "n", 1), x(t, 4), x(t)], {}, ["n", 4]],
    ["Where", (t) => [of(t, "bool", "n", 1), x(t, 4), x(t)], {}, ["n", 4]],
    ["MatMul", (t) => [x(t, "b", "n", 8), x(t, 8, 5)], {}, ["b", "n", 5]],
    ["MatMul", (t) => [x(t, 2, 1, "n", "k"), x(t, 3, "k", "m")], {}, [2, 3, "n", "m"]],
    ["MatMul", (t) => [x(t, 8), x(t, "b", 8, 5)], {}, ["b", 5]],
    ["MatMul", (t) => [x(t, 8), x(t, 8)], {}, []],
    ["MatMul", (t) => [mystery(t), x(t, 8, 5)], {}, undefined],
    ["Gemm", (t) => [x(t, "k", "n"), x(t, 5, "k"), x(t, 5)], { transA: 1, transB: 1 }, ["n", 5]],
    ["Gemm", (t) => [mystery(t), x(t, 5, 3)], {}, [undefined, undefined]],
    ["Transpose", (t) => [x(t, "a", 2, "c")], { perm: [2, 0, 1] }, ["c", "a", 2]],
    ["Transpose", (t) => [x(t, "a", 2, "c")], {}, ["c", 2, "a"]],
    ["Transpose", (t) => [mystery(t)], { perm: [1, 0] }, [undefined, undefined]],
    ["Reshape", (t) => [x(t, "n", 32), ints(t, 0, 4, -1)], {}, ["n", 4, 8]],
    ["Reshape", (t) => [x(t, undefined, 32), ints(t, 0, 4, -1)], {}, [undefined, 4, 8]],
    ["Reshape", (t) => [x(t, "n", 32), ints(t, -1, 4, 8)], {}, ["n", 4, 8]],
    ["Reshape", (t) => [x(t, "n", 32), ints(t, -1, 4, 4)], {}, [undefined, 4, 4]],
    ["Reshape", (t) => [x(t, "n", 32), ints(t, -1)], {}, [undefined]],
    ["Reshape", (t) => [x(t, "n", "m"), ints(t, 0, -1, 1)], {}, ["n", "m", 1]],
    ["Reshape", (t) => [x(t, 6, 4), ints(t, 3, -1)], {}, [3, 8]],
    ["Reshape", (t) => [x(t, 0, 4), ints(t, 4, 0)], { allowzero: 1 }, [4, 0]],
    ["Reshape", (t) => [x(t, 1), ints(t)], {}, []],
    ["Reshape", (t) => [mystery(t), ints(t, 2, 0, -1)], {}, [2, undefined, undefined]],
    ["Reshape", (t) => [x(t, 6), of(t, "int64", 2)], {}, [undefined, undefined]],
    ["Reshape", (t) => [x(t, 6), of(t, "int64", "n")], {}, undefined],
    ["Concat", (t) => [x(t, "n", 3), x(t, "n", 4)], { axis: -1 }, ["n", 7]],
    ["Concat", (t) => [x(t, "n", undefined), x(t, 2, 4)], { axis: 1 }, [2, undefined]],
    ["Concat", (t) => [x(t, "n", "m")], { axis: 1 }, ["n", "m"]],
    ["Concat", (t) => [x(t, "n", 3), mystery(t)], { axis: 1 }, ["n", undefined]],
    ["Slice", (t) => [x(t, "n", 8), ints(t, 0, 2), ints(t, 2 ** 31, -1), ints(t, 0, 1)], {}, ["n", 5]],
    ["Slice", (t) => [x(t, "n", 8), ints(t, 1), ints(t, 3)], {}, [undefined, 8]],
    ["Slice", (t) => [x(t, "n", 8), ints(t, 0), ints(t, 3)], {}, [undefined, 8]],
    ["Slice", (t) => [x(t, "n", 8), ints(t, 0), ints(t, 2 ** 31), ints(t, 0), ints(t, 2)], {}, [undefined, 8]],
    ["Slice", (t) => [x(t, 8), ints(t, -1), ints(t, -100), undefined, ints(t, -3)], {}, [3]],
    ["Slice", (t) => [x(t, 2, 8), of(t, "int64", 1), ints(t, 3), ints(t, -1)], {}, [2, undefined]],
    ["Slice", (t) => [x(t, 2, 8), ints(t, 1), ints(t, 3), of(t, "int64", 1)], {}, [undefined, undefined]],
    ["Gather", (t) => [x(t, "vocabulary", 16), of(t, "int64", "b", "n")], {}, ["b", "n", 16]],
    ["Gather", (t) => [x(t, "n", 16), of(t, "int64")], { axis: -1 }, ["n"]],
    ["Gather", (t) => [mystery(t), of(t, "int64")], {}, undefined],
    ["Unsqueeze", (t) => [x(t, "n", 2), ints(t, 0, -1)], {}, [1, "n", 2, 1]],
    ["Unsqueeze", (t) => [x(t, "n", 2), of(t, "int64", 1)], {}, undefined],
    ["Unsqueeze", (t) => [x(t, "n")], { axes: [0] }, [1, "n"]],
    ["Squeeze", (t) => [x(t, 1, "n", 1), ints(t, 0)], {}, ["n", 1]],
    ["Squeeze", (t) => [x(t, 1, "n", 1), ints(t, 1)], {}, [1, 1]],
    ["Squeeze", (t) => [x(t, 1, "n", 1)], {}, undefined],
    ["Squeeze", (t) => [x(t, 1, 2, 1)], {}, [2]],
    ["ReduceSum", (t) => [x(t, "n", 3, 4), ints(t, -1)], {}, ["n", 3, 1]],
    ["ReduceSum", (t) => [x(t, "n", 3, 4), ints(t, -1, 1)], { keepdims: 0 }, ["n"]],
    ["ReduceMax", (t) => [x(t, "n", 3, 4)], { axes: [0], keepdims: 0 }, [3, 4]],
    ["ReduceSum", (t) => [x(t, "n", 3)], {}, [1, 1]],
    ["ReduceSum", (t) => [x(t, "n", 3)], { noop_with_empty_axes: 1 }, ["n", 3]],
    ["ReduceSum", (t) => [x(t, "n", 3), of(t, "int64", 1)], {}, [undefined, undefined]],
    ["ReduceSum", (t) => [x(t, "n", 3), of(t, "int64", 1)], { keepdims: 0 }, undefined],
    ["Expand", (t) => [x(t, 1, "n"), ints(t, 5, 3, 1)], {}, [5, 3, "n"]],
    ["Expand", (t) => [x(t, 1, 4), of(t, "int64", 2)], {}, [undefined, 4]],
    ["Tile", (t) => [x(t, "n", 3), ints(t, 1, 2)], {}, ["n", 6]],
    ["Tile", (t) => [x(t, "n", 3), ints(t, 2, 1)], {}, [undefined, 3]],
    ["Shape", (t) => [x(t, "n", 3, 4)], { start: 1 }, [2]],
    ["Shape", (t) => [mystery(t)], {}, [undefined]],
    ["Flatten", (t) => [x(t, 1, "n", 3, 4)], { axis: 2 }, ["n", 12]],
    ["Flatten", (t) => [x(t, "n", 3, 4)], { axis: 2 }, [undefined, 4]],
    ["Softmax", (t) => [x(t, "n", 3)], {}, ["n", 3]],
    ["Range", (t) => [of(t, "int64"), of(t, "int64"), of(t, "int64")], {}, [undefined]],
    ["ConstantOfShape", (t) => [ints(t, 2, 3)], {}, [2, 3]],
    ["ConstantOfShape", (t) => [of(t, "int64", 2)], {}, [undefined, undefined]],
    ["SimplifiedLayerNormalization", (t) => [x(t, "b", "n", 8), x(t, 8)], { epsilon: { float: 1e-6 } }, ["b", "n", 8]],
    ["Cast", (t) => [x(t, "n")], { to: 1 }, ["n"]],
  ];
  it.each(cases)("%s %#", (opType, inputs, attributes, dims) => {
    expect(infer(opType, inputs, attributes)[0]).toEqual(dims);
  });

  it("of several outputs", () => {
    expect(infer("Split", (t) => [x(t, "n", 7), ints(t, 3, 4)], { axis: 1 }, 2)).toEqual([
      ["n", 3],
      ["n", 4],
    ]);
    expect(infer("Split", (t) => [x(t, 7)], { num_outputs: 3 }, 3)).toEqual([[3], [3], [1]]);
    expect(infer("Split", (t) => [x(t, 2, "n")], { axis: -1, num_outputs: 2 }, 2)).toEqual([
      [2, undefined],
      [2, undefined],
    ]);
    expect(infer("Split", (t) => [x(t, 4, 6), of(t, "int64", 2)], { axis: 1 }, 2)).toEqual([
      [4, undefined],
      [4, undefined],
    ]);
    expect(infer("Split", (t) => [x(t, 7)], { split: [5, 2] }, 2)).toEqual([[5], [2]]);
    expect(infer("LayerNormalization", (t) => [x(t, "n", 8), x(t, 8)], {}, 3)).toEqual([
      ["n", 8],
      ["n", 1],
      ["n", 1],
    ]);
    expect(infer("SimplifiedLayerNormalization", (t) => [x(t, "n", 8), x(t, 8)], {}, 2)).toEqual([
      ["n", 8],
      ["n", 1],
    ]);
  });
});

describe("types", () => {
  it.each<readonly [string, Inputs, Readonly<Record<string, Attribute>>, DataType | undefined]>([
    ["Add", (t) => [of(t, "float16"), of(t, "float16")], {}, "float16"],
    ["Add", (t) => [mystery(t), of(t, "float16")], {}, "float16"],
    ["Less", (t) => [of(t, "int64"), of(t, "int64")], {}, "bool"],
    ["IsNaN", (t) => [x(t)], {}, "bool"],
    ["Pow", (t) => [of(t, "float32"), of(t, "int64")], {}, "float32"],
    ["Where", (t) => [of(t, "bool"), of(t, "int32"), of(t, "int32")], {}, "int32"],
    ["Cast", (t) => [x(t)], { to: 10 }, "float16"],
    ["Cast", (t) => [x(t)], { to: 17 }, undefined],
    ["CastLike", (t) => [x(t), of(t, "bool")], {}, "bool"],
    ["Shape", (t) => [x(t)], {}, "int64"],
    ["Gather", (t) => [x(t, 2), of(t, "int64")], {}, "float32"],
    ["ConstantOfShape", (t) => [ints(t, 2)], {}, "float32"],
    ["Constant", () => [], { value_ints: [1, 2] }, "int64"],
  ])("%s %#", (opType, inputs, attributes, type) => {
    const t = tape();
    expect(t.op(opType, inputs(t), attributes, { domain: ownDomain }).type).toBe(type);
  });
});

describe("contradictions name the operator, the rule and both shapes", () => {
  it.each<readonly [string, Inputs, Readonly<Record<string, Attribute>>, string]>([
    ["MatMul", (t) => [x(t, 3, 4), x(t, 5, 6)], {}, 'MatMul "/MatMul": inner sizes must be equal, got [3,4] by [5,6]'],
    [
      "MatMul",
      (t) => [x(t, 2, 3, 4), x(t, 3, 4, 5)],
      {},
      "shapes before the last two axes must broadcast, got [2,3,4] by [3,4,5]",
    ],
    ["MatMul", (t) => [x(t), x(t, 4)], {}, "inputs must have at least one axis, got [] by [4]"],
    ["Gemm", (t) => [x(t, 3, 4), x(t, 3, 4)], {}, "inner sizes must be equal, got [3,4] by [3,4]"],
    ["Gemm", (t) => [x(t, 2, 3, 4), x(t, 4, 5)], {}, "inputs must have two axes, got [2,3,4] by [4,5]"],
    ["Gemm", (t) => [x(t, 3, 4), x(t, 4, 5), x(t, 4)], {}, "the bias must broadcast to the product, got [4] and [3,5]"],
    [
      "Gemm",
      (t) => [x(t, 1, 4), x(t, 4, 5), x(t, 3, 5)],
      {},
      "the bias must broadcast to the product, got [3,5] and [1,5]",
    ],
    ["Add", (t) => [x(t, "n", 3), x(t, 2, 4)], {}, 'Add "/Add": shapes must broadcast, got [n,3] and [2,4]'],
    ["Add", (t) => [of(t, "float32"), of(t, "int64")], {}, "inputs must have one element type, got float32 and int64"],
    ["Add", (t) => [x(t)], {}, "inputs must be 2, got 1"],
    ["Max", () => [], {}, "inputs must be at least 1, got 0"],
    [
      "Concat",
      (t) => [x(t, 2, 3), x(t, 3, 3)],
      { axis: 1 },
      "sizes other than axis 1 must be equal, got [2,3] and [3,3]",
    ],
    ["Concat", (t) => [x(t, 2, 3), x(t, 2)], { axis: 1 }, "sizes other than axis 1 must be equal, got [2,3] and [2]"],
    ["Concat", (t) => [x(t, 2, 3)], {}, "attribute axis is required"],
    ["Concat", (t) => [x(t, 2, 3)], { axis: 2 }, "axis must be from -2 to 1 for 2 axes, got 2"],
    ["Concat", (t) => [x(t, 2, 3)], { axis: { float: 1 } }, "attribute axis must be an integer, got an object"],
    ["Transpose", (t) => [x(t, 2, 3)], { perm: [0, 0] }, "perm must name each axis once, got [0,0] for [2,3]"],
    ["Transpose", (t) => [x(t, 2, 3)], { perm: [0] }, "perm must name each axis once, got [0] for [2,3]"],
    ["Reshape", (t) => [x(t, 2, 3), ints(t, 4)], {}, "the number of elements must stay, got [2,3] to [4]"],
    ["Reshape", (t) => [x(t, 2, 3), ints(t, 4, -1)], {}, "the number of elements must stay, got [2,3] to [4,-1]"],
    [
      "Reshape",
      (t) => [x(t, 2, 3), ints(t, -1, -1)],
      {},
      "shape must have sizes and at most one -1, got [2,3] to [-1,-1]",
    ],
    ["Reshape", (t) => [x(t, 2, 3), ints(t, -2)], {}, "shape must have sizes and at most one -1"],
    ["Reshape", (t) => [x(t, 6), ints(t, 6, 0)], {}, "a 0 in shape must copy a size of the input, got [6] to [6,0]"],
    ["Split", (t) => [x(t, 7), ints(t, 3, 3)], {}, "the sizes of 1 parts must add up to the axis, got [3,3] for [7]"],
    ["Split", (t) => [x(t, 7)], { num_outputs: 2 }, "num_outputs must be the number of outputs, got 2 and 1"],
    [
      "Slice",
      (t) => [x(t, 7), ints(t, 0), ints(t, 1, 2)],
      {},
      "starts, ends, axes and steps must have one length, got [0] [1,2] [0] [1]",
    ],
    ["Slice", (t) => [x(t, 7), ints(t, 0), ints(t, 1), ints(t, 0), ints(t, 0)], {}, "steps must not be 0, got [0]"],
    ["Unsqueeze", (t) => [x(t, 2), ints(t, 0, -3)], {}, "axes must differ, got [0,-3] for [2]"],
    ["Squeeze", (t) => [x(t, 2, 1), ints(t, 0)], {}, "axis 0 must have size 1, got [2,1]"],
    ["Expand", (t) => [x(t, 2), ints(t, 3)], {}, "the input must broadcast to shape, got [2] to [3]"],
    ["Tile", (t) => [x(t, 2, 2), ints(t, 3)], {}, "repeats must have one number per axis, got [3] for [2,2]"],
    ["Range", (t) => [ints(t, 0), ints(t, 1), ints(t, 0)], {}, "delta must not be 0"],
    ["Flatten", (t) => [x(t, 2)], { axis: 2 }, "axis must be from -1 to 1 for 1 axes, got 2"],
    ["Softmax", (t) => [x(t, 2)], { axis: 1 }, "axis must be from -1 to 0 for 1 axes, got 1"],
    [
      "SimplifiedLayerNormalization",
      (t) => [x(t, 2, 8), x(t, 4)],
      {},
      "scale and bias must broadcast to the input, got [4] and [2,8]",
    ],
    ["Constant", () => [], {}, "needs value, value_int, value_ints, value_float or value_floats"],
  ])("%s %#", (opType, inputs, attributes, message) => {
    expect(thrownBy(() => infer(opType, inputs, attributes))).toMatch(/^(Range|Type)Error: /);
    expect(() => infer(opType, inputs, attributes)).toThrow(message);
  });
});
