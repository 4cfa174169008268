import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Attribute, NdArray, Value } from "@ropewalk/graph";
import { decode, decodeTensor, encode, evaluate, ndArray, node, tape, tensorToArray, valueInfo } from "@ropewalk/graph";

const onnx = new URL("vectors/onnx/", import.meta.url);
const bytesOf = (path: string): Uint8Array => readFileSync(new URL(path, onnx));

describe("ONNX's rotary embeddings, written in basic operators", () => {
  it.each(readdirSync(onnx).filter((name) => name.startsWith("test_")))("%s", (name) => {
    const data = `${name}/test_data_set_0`;
    const tensor = (file: string): NdArray => tensorToArray(decodeTensor(bytesOf(`${data}/${file}.pb`)));
    const model = decode(bytesOf(`${name}/model.onnx`));
    const inputs = model.graph!.input.map((input, i) => [input.name, tensor(`input_${i}`)] as const);
    expect(inputs.length).toBe(readdirSync(new URL(data, onnx)).length - 1);
    const { output } = evaluate(model, Object.fromEntries(inputs));
    const expected = tensor("output_0");
    expect({ type: output!.type, dims: output!.dims }).toEqual({
      type: expected.type,
      dims: expected.dims,
    });
    expect(expected.data.length).toBe(192);
    for (const [i, x] of expected.data.entries()) expect(Math.abs(output!.data[i]! - x)).toBeLessThanOrEqual(1e-5);
  });
});

/** ONNX's own domain, as a text: a test may give an operator any inputs. */
const ownDomain: string = "";

/** One operator on arrays, all of them constants. */
const run = (
  opType: string,
  inputs: readonly (NdArray | undefined)[],
  attributes: Readonly<Record<string, Attribute>> = {},
  numOutputs = 1,
): readonly NdArray[] => {
  const t = tape();
  const values = t.ops(
    opType,
    numOutputs,
    inputs.map((array) => array && t.constant(array.type, array.dims, array.data)),
    attributes,
    { domain: ownDomain },
  );
  const outputs = values.map((value, i) => t.output(`y${i}`, value));
  const results = evaluate(t.model(), {});
  return outputs.map(({ name }) => results[name]!);
};
const float = (dims: readonly number[], ...data: number[]): NdArray => ndArray("float64", dims, data);
const int = (dims: readonly number[], ...data: number[]): NdArray => ndArray("int64", dims, data);

describe("operators on numbers worked out by hand", () => {
  it.each<readonly [string, readonly (NdArray | undefined)[], Readonly<Record<string, Attribute>>, NdArray]>([
    ["Add", [float([2, 1], 1, 2), float([3], 10, 20, 30)], {}, float([2, 3], 11, 21, 31, 12, 22, 32)],
    ["Div", [int([4], 7, -7, 7, -7), int([4], 2, 2, -2, -2)], {}, int([4], 3, -3, -3, 3)],
    ["Mod", [int([4], 7, -7, 7, -7), int([4], 3, 3, -3, -3)], {}, int([4], 1, 2, -2, -1)],
    ["Mod", [int([4], 7, -7, 7, -7), int([4], 3, 3, -3, -3)], { fmod: 1 }, int([4], 1, -1, 1, -1)],
    ["Pow", [float([2], 2, 9), int([2], 3, 0)], {}, float([2], 8, 1)],
    ["Max", [float([2], 1, 5), float([], 3), float([1], 2)], {}, float([2], 3, 5)],
    ["Round", [float([6], 0.5, 1.5, 2.5, -0.5, -1.5, 2.6)], {}, float([6], 0, 2, 2, 0, -2, 3)],
    ["MatMul", [float([2, 2], 1, 2, 3, 4), float([2, 2], 5, 6, 7, 8)], {}, float([2, 2], 19, 22, 43, 50)],
    ["MatMul", [float([2, 1, 2], 1, 2, 3, 4), float([2], 10, 1)], {}, float([2, 1], 12, 34)],
    [
      "Gemm",
      [float([2, 1], 1, 2), float([2, 2], 5, 6, 7, 8), float([2], 1, 10)],
      { transA: 1, transB: 1, alpha: { float: 2 }, beta: { float: 0.5 } },
      float([1, 2], 34.5, 51),
    ],
    ["Transpose", [float([2, 3], 1, 2, 3, 4, 5, 6)], {}, float([3, 2], 1, 4, 2, 5, 3, 6)],
    ["Reshape", [float([2, 3], 1, 2, 3, 4, 5, 6), int([2], -1, 2)], {}, float([3, 2], 1, 2, 3, 4, 5, 6)],
    ["Concat", [float([2, 1], 1, 2), float([2, 2], 3, 4, 5, 6)], { axis: 1 }, float([2, 3], 1, 3, 4, 2, 5, 6)],
    [
      "Slice",
      [float([5], 0, 1, 2, 3, 4), int([1], -1), int([1], -6), int([1], 0), int([1], -2)],
      {},
      float([3], 4, 2, 0),
    ],
    [
      "Slice",
      [float([2, 3], 1, 2, 3, 4, 5, 6), int([1], 1), int([1], 2 ** 40), int([1], -1)],
      {},
      float([2, 2], 2, 3, 5, 6),
    ],
    ["Gather", [float([2, 3], 1, 2, 3, 4, 5, 6), int([2], -1, 0)], { axis: 1 }, float([2, 2], 3, 1, 6, 4)],
    ["GatherND", [float([2, 3], 1, 2, 3, 4, 5, 6), int([2, 2], 0, -1, 1, 0)], {}, float([2], 3, 4)],
    ["GatherND", [float([2, 3], 1, 2, 3, 4, 5, 6), int([1, 1], 1)], {}, float([1, 3], 4, 5, 6)],
    ["ArgMax", [float([2, 3], 1, 3, 3, 6, 5, 4)], { axis: 1, keepdims: 0 }, int([2], 1, 0)],
    ["ArgMax", [float([2, 3], 1, 3, 3, 6, 5, 4)], { axis: 1, keepdims: 0, select_last_index: 1 }, int([2], 2, 0)],
    ["TopK", [float([4], 2, 3, 1, 3), int([1], 3)], {}, float([3], 3, 3, 2)],
    ["CumSum", [float([2, 3], 1, 2, 3, 4, 5, 6), int([], 1)], {}, float([2, 3], 1, 3, 6, 4, 9, 15)],
    ["CumSum", [float([2, 2], 1, 2, 3, 4), int([], 0)], { reverse: 1, exclusive: 1 }, float([2, 2], 3, 4, 0, 0)],
    ["Trilu", [float([2, 3], 1, 2, 3, 4, 5, 6)], {}, float([2, 3], 1, 2, 3, 0, 5, 6)],
    ["Trilu", [float([2, 3], 1, 2, 3, 4, 5, 6), int([], 1)], { upper: 0 }, float([2, 3], 1, 2, 0, 4, 5, 6)],
    [
      "ScatterElements",
      [float([2, 2], 1, 2, 3, 4), int([1, 2], 1, 0), float([1, 2], 8, 9)],
      { axis: 0 },
      float([2, 2], 1, 9, 8, 4),
    ],
    [
      "ScatterElements",
      [float([2, 3], 1, 2, 3, 4, 5, 6), int([2, 2], -1, 2, 0, 0), float([2, 2], 10, 20, 30, 40)],
      { axis: 1, reduction: "add" },
      float([2, 3], 1, 2, 33, 74, 5, 6),
    ],
    ["ScatterND", [float([2, 2], 1, 2, 3, 4), int([1, 1], 1), float([1, 2], 8, 9)], {}, float([2, 2], 1, 2, 8, 9)],
    ["GatherND", [float([2, 2], 1, 2, 3, 4), int([2, 1], 1, 0)], { batch_dims: 1 }, float([2], 2, 3)],
    ["Squeeze", [float([1, 2], 1, 2)], {}, float([2], 1, 2)],
    ["Unsqueeze", [float([2], 1, 2), int([1], -1)], {}, float([2, 1], 1, 2)],
    ["ReduceSum", [float([2, 3], 1, 2, 3, 4, 5, 6), int([1], 0)], { keepdims: 0 }, float([3], 5, 7, 9)],
    ["ReduceMean", [float([2, 3], 1, 2, 3, 4, 5, 6)], { axes: [-1] }, float([2, 1], 2, 5)],
    ["ReduceMax", [float([2, 2], 1, 4, 3, 2)], {}, float([1, 1], 4)],
    ["ReduceMin", [float([2, 2], 1, 4, 3, 2), int([0])], { noop_with_empty_axes: 1 }, float([2, 2], 1, 4, 3, 2)],
    ["ReduceL2", [float([2], 3, 4)], { keepdims: 0 }, float([], 5)],
    ["ReduceLogSumExp", [float([2], 1000, 1000)], { keepdims: 0 }, float([], 1000 + Math.LN2)],
    ["ReduceLogSumExp", [float([2], -Infinity, -Infinity)], { keepdims: 0 }, float([], -Infinity)],
    ["Softmax", [float([2, 2], 0, 1000, 0, 0)], {}, float([2, 2], 0, 1, 0.5, 0.5)],
    ["Softmax", [float([2, 2], 0, -Infinity, 0, 0)], { axis: 0 }, float([2, 2], 0.5, 0, 0.5, 1)],
    ["Expand", [float([2, 1], 1, 2), int([3], 2, 1, 2)], {}, float([2, 2, 2], 1, 1, 2, 2, 1, 1, 2, 2)],
    ["Tile", [float([2, 1], 1, 2), int([2], 2, 2)], {}, float([4, 2], 1, 1, 2, 2, 1, 1, 2, 2)],
    ["Shape", [float([2, 1, 3], 1, 2, 3, 4, 5, 6)], { start: -2 }, int([2], 1, 3)],
    ["Size", [float([2, 1], 1, 2)], {}, int([], 2)],
    ["Where", [ndArray("bool", [2, 1], [1, 0]), float([2], 1, 2), float([], 9)], {}, float([2, 2], 1, 2, 9, 9)],
    ["Cast", [float([5], 1.9, -1.9, 300, -129, 200)], { to: 3 }, ndArray("int8", [5], [1, -1, 44, 127, -56])],
    ["Cast", [float([3], 0, -0.5, 2)], { to: 9 }, ndArray("bool", [3], [0, 1, 1])],
    ["Range", [int([], 5), int([], 0), int([], -2)], {}, int([3], 5, 3, 1)],
    ["Range", [int([], 5), int([], 5), int([], 1)], {}, int([0])],
    ["ConstantOfShape", [int([2], 2, 1)], { value: { tensor: int([1], 3) } }, int([2, 1], 3, 3)],
    ["Constant", [], { value_floats: { floats: [1, 0.5] } }, ndArray("float32", [2], [1, 0.5])],
    ["Constant", [], { value_int: 3 }, int([], 3)],
    [
      "SimplifiedLayerNormalization",
      [float([1, 2], 3, 4), float([2], 1, 10)],
      { epsilon: { float: 3.5 } },
      float([1, 2], 0.75, 10),
    ],
    [
      "LayerNormalization",
      [float([1, 2], 3, 5), float([2], 1, 10), float([2], 0, 1)],
      { epsilon: { float: 3 } },
      float([1, 2], -0.5, 6),
    ],
    ["Flatten", [float([2, 1, 2], 1, 2, 3, 4)], { axis: 0 }, float([1, 4], 1, 2, 3, 4)],
  ])("%s %#", (opType, inputs, attributes, expected) => {
    expect(run(opType, inputs, attributes, opType === "TopK" ? 2 : 1)[0]).toEqual(expected);
  });

  it("Split", () => {
    expect(run("Split", [float([2, 3], 1, 2, 3, 4, 5, 6), int([2], 1, 2)], { axis: 1 }, 2)).toEqual([
      float([2, 1], 1, 4),
      float([2, 2], 2, 3, 5, 6),
    ]);
  });
});

describe("elements", () => {
  it("of float32 are computed in float64, from numbers rounded to float32", () => {
    const t = tape();
    t.output("y", t.op("Add", [t.constant("float32", [], [0.1]), t.constant("float32", [], [1e-12])]));
    expect(evaluate(t.model(), {}).y!.data[0]).toBe(Math.fround(0.1) + Math.fround(1e-12));
  });

  it("of an empty axis are none", () => {
    expect(run("MatMul", [float([2, 0]), float([0, 2])])).toEqual([float([2, 2], 0, 0, 0, 0)]);
    expect(run("Concat", [float([0, 2]), float([1, 2], 1, 2)], { axis: 0 })).toEqual([float([1, 2], 1, 2)]);
    expect(run("Softmax", [float([0, 2])])).toEqual([float([0, 2])]);
  });
});

/** y = x + w, with w in a file. */
const model = (): ReturnType<typeof decode> => {
  const t = tape();
  const x: Value = t.input("x", "float32", ["n", 2]);
  const z: Value = t.input("z", "float32", ["n", 1]);
  const w = t.external("w", "float32", [2], { location: "weights", offset: 0, length: 8 });
  t.output("y", t.op("Add", [t.op("Add", [x, w]), z]));
  return decode(encode(t.model()));
};
const feeds = {
  x: ndArray("float32", [1, 2], [1, 2]),
  z: ndArray("float32", [1, 1], [100]),
  w: ndArray("float32", [2], [10, 20]),
};

it("leaves out inputs and outputs without a name", () => {
  const t = tape();
  const names = [
    t.constant("float32", [4], [1, 1, 3, 3], "x"),
    t.constant("float32", [4], [1, 1, 1, 1], "scale"),
    t.constant("int64", [1], [1], "start"),
    t.constant("int64", [1], [4], "end"),
    t.constant("int64", [1], [2], "step"),
  ].map(({ name }) => name);
  const [x, scale, ...range] = names as [string, string, string, string, string];
  const made = t.model();
  made.graph!.node.push(
    node("LayerNormalization", [x, scale], ["normal", "", "inv"], { epsilon: { float: 3 } }),
    node("Slice", ["normal", range[0], range[1], "", range[2]], ["y"]),
  );
  for (const name of ["y", "inv"]) made.graph!.output.push(valueInfo({ name, type: "float32", dims: [undefined] }));
  expect(evaluate(made, {})).toEqual({
    y: ndArray("float32", [2], [-0.5, 0.5]),
    inv: ndArray("float32", [1], [0.5]),
  });
});

describe("feeds", () => {
  it("are the inputs and the tensors that are in files", () => {
    expect(evaluate(model(), feeds)).toEqual({ y: ndArray("float32", [1, 2], [111, 122]) });
  });

  it.each<readonly [string, Readonly<Record<string, NdArray>>, string]>([
    ["missing", { x: feeds.x, z: feeds.z }, 'evaluate: feeds must have every input, got none for "w"'],
    ["unknown", { ...feeds, v: feeds.w }, 'evaluate: feeds must be inputs of the graph (x, z, w), got "v"'],
    [
      "of another type",
      { ...feeds, x: ndArray("int64", [1, 2], [1, 2]) },
      'evaluate: feed "x" must be of type float32, got int64',
    ],
    [
      "of another size",
      { ...feeds, x: ndArray("float32", [1, 3], [1, 2, 3]) },
      'evaluate: feed "x" must have dims [n=1,2], got [1,3]',
    ],
    [
      "of another rank",
      { ...feeds, w: ndArray("float32", [1, 2], [1, 2]) },
      'evaluate: feed "w" must have dims [2], got [1,2]',
    ],
    [
      "of two sizes for one name",
      { ...feeds, z: ndArray("float32", [2, 1], [1, 2]) },
      'evaluate: feed "z" must have dims [n=1,1], got [2,1]',
    ],
    [
      "incomplete",
      { ...feeds, w: { type: "float32", dims: [2], data: Float64Array.of(1) } },
      'evaluate: feed "w" must have one element per place of dims [2], got 1',
    ],
  ])("refuses one that is %s", (_, wrong, message) => {
    expect(() => evaluate(model(), wrong)).toThrow(new RangeError(message));
  });

  it("may replace an initializer that is an input's default", () => {
    const t = tape();
    t.output("y", t.op("Neg", [t.constant("float32", [], [1], "w")]));
    const withDefault = t.model();
    withDefault.graph!.input.push(valueInfo({ name: "w", type: "float32", dims: [] }));
    expect(evaluate(withDefault, {}).y!.data[0]).toBe(-1);
    expect(evaluate(withDefault, { w: ndArray("float32", [], [2]) }).y!.data[0]).toBe(-2);
  });
});

describe("evaluate refuses", () => {
  const broken = (opType: string, input: string, domain = ""): (() => unknown) => {
    const t = tape();
    t.input("x", "float32", []);
    const made = t.model();
    made.graph!.node.push(node(opType, [input], ["y"], {}, { name: "n", domain }));
    made.graph!.output.push(valueInfo({ name: "y", type: "float32", dims: [] }));
    return () => evaluate(made, { x: ndArray("float32", [], [1]) });
  };

  it("an operator that it does not know", () => {
    expect(broken("Einsum", "x")).toThrow(
      new RangeError('evaluate: an operator must be one that graph knows, got Einsum in node "n"'),
    );
    expect(broken("Neg", "x", "com.microsoft")).toThrow('got com.microsoft:Neg in node "n"');
  });

  it("a value that was not computed", () => {
    expect(broken("Neg", "z")).toThrow('evaluate: Neg "n" must have inputs that are computed before it, got "z"');
  });

  it("a model without a graph, or with an output that is not there", () => {
    const made = tape().model();
    made.graph!.output.push(valueInfo({ name: "y", type: "float32", dims: [] }));
    expect(() => evaluate(made, {})).toThrow('evaluate: an output must be computed in the graph, got "y"');
    made.graph = undefined;
    expect(() => evaluate(made, {})).toThrow("evaluate: a model must have a graph");
  });

  it("inputs that contradict the operator", () => {
    expect(() => run("Gather", [float([2], 1, 2), int([], 2)])).toThrow(
      'Gather "/Gather": an index must be from -2 to 1, got 2',
    );
    expect(() => run("Div", [int([], 1), int([], 0)])).toThrow('Div "/Div": an integer must not be divided by 0');
    const t = tape();
    t.output(
      "y",
      t.op("MatMul", [
        t.input("a", "float32", [undefined, undefined]),
        t.input("b", "float32", [undefined, undefined]),
      ]),
    );
    const zeros = (...dims: readonly [number, number]): NdArray =>
      ndArray("float32", dims, new Float64Array(dims[0] * dims[1]));
    expect(() => evaluate(t.model(), { a: zeros(3, 4), b: zeros(5, 6) })).toThrow(
      'MatMul "/MatMul": inner sizes must be equal, got [3,4] by [5,6]',
    );
  });

  it("an output that the operator does not have", () => {
    expect(() => run("Neg", [float([], 1)], {}, 2)).toThrow('Neg "/Neg": outputs must be 1, got 2');
  });
});
