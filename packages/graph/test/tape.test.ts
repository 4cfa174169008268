import { describe, expect, it } from "vitest";
import type { DataType, Value } from "@ropewalk/graph";
import { checkModel, tape, tensorToArray, valueOfInfo } from "@ropewalk/graph";

/** ONNX Runtime's domain, as a text: whether there is an operator of a name, and what it takes, is not looked at. */
const microsoft: string = "com.microsoft";

const place = { location: "model.safetensors", offset: 7, length: 24 };

describe("names", () => {
  it("nests nodes under scopes and numbers those that share a name", () => {
    const t = tape();
    const x = t.input("x", "float32", [2, 2]);
    const attention = t.scope("layers.0").scope("attn");
    expect(t.op("MatMul", [x, x]).name).toBe("/MatMul/output_0");
    expect(t.op("MatMul", [x, x]).name).toBe("/MatMul_1/output_0");
    expect(attention.op("MatMul", [x, x]).name).toBe("/layers.0/attn/MatMul/output_0");
    expect(t.scope("layers.0").scope("attn").op("MatMul", [x, x]).name).toBe("/layers.0/attn/MatMul_1/output_0");
    expect(attention.op("MatMul", [x, x], {}, { name: "q_proj" }).name).toBe("/layers.0/attn/q_proj/output_0");
    expect(attention.op("MatMul", [x, x], {}, { name: "q_proj" }).name).toBe("/layers.0/attn/q_proj_1/output_0");
    expect(t.ops("Split", 2, [x], { num_outputs: 2 }).map(({ name }) => name)).toEqual([
      "/Split/output_0",
      "/Split/output_1",
    ]);
    expect(t.model().graph?.node.map(({ name }) => name)).toEqual([
      "/MatMul",
      "/MatMul_1",
      "/layers.0/attn/MatMul",
      "/layers.0/attn/MatMul_1",
      "/layers.0/attn/q_proj",
      "/layers.0/attn/q_proj_1",
      "/Split",
    ]);
  });

  it("numbers past a name that was given by hand", () => {
    const t = tape();
    const x = t.input("x", "float32", []);
    t.op("Neg", [x], {}, { name: "Neg_1" });
    expect([0, 1, 2].map(() => t.op("Neg", [x]).name)).toEqual(["/Neg/output_0", "/Neg_2/output_0", "/Neg_3/output_0"]);
  });

  it("makes a result that has a graph output's name that output, without a node", () => {
    const t = tape();
    const x = t.input("x", "float32", [2]);
    const y = t.op("Neg", [x], {}, { output: "y" });
    expect(y.name).toBe("y");
    expect(t.output("y", y)).toEqual(y);
    const { graph } = t.model();
    expect(graph!.node.map(({ opType }) => opType)).toEqual(["Neg"]);
    expect(graph!.output.map(({ name }) => name)).toEqual(["y"]);
    expect(() => t.output("y", y)).toThrow('got "y" again');
    expect(() => t.op("Neg", [x], {}, { output: "y" })).toThrow('a name must be new in the graph, got "y" again');
  });

  it("refuses empty and taken ones", () => {
    const t = tape();
    const x = t.input("x", "float32", []);
    t.output("y", x);
    expect(() => t.input("x", "float32", [])).toThrow(
      new RangeError('input "x": a name must be new in the graph, got "x" again'),
    );
    expect(() => t.output("x", x)).toThrow('Identity "/Identity_1": a name must be new in the graph, got "x" again');
    expect(() => t.output("y", x)).toThrow('got "y" again');
    expect(() => t.constant("float32", [], [1], "x")).toThrow('constant "x": a name must be new in the graph');
    expect(() => t.input("", "float32", [])).toThrow('input "": a name must not be empty');
    expect(() => t.scope("")).toThrow("scope: a name must not be empty");
  });

  it("are not found on another tape", () => {
    const stranger: Value = tape().input("x", "float32", [1]);
    expect(() => tape().op("Neg", [stranger])).toThrow(
      new RangeError('Neg "/Neg": a value must be of this tape, got "x"'),
    );
    expect(() => tape().output("y", stranger)).toThrow('output "y": a value must be of this tape, got "x"');
  });
});

describe("constants", () => {
  it("are stored once when type, shape and bytes are equal and no name is given", () => {
    const t = tape();
    const first = t.constant("int64", [2], [1, 2]);
    expect(t.scope("a").constant("int64", [2], [1, 2])).toBe(first);
    const others = [
      t.constant("int64", [2], [2, 1]),
      t.constant("int64", [1, 2], [1, 2]),
      t.constant("int32", [2], [1, 2]),
      t.constant("int64", [2], [1, 2], "named"),
      t.constant("float32", [], [0]),
      t.constant("float32", [], [-0]),
    ];
    const names = [first, ...others].map(({ name }) => name);
    expect(names).toEqual([
      "/constants/int64[2]",
      "/constants/int64[2]_1",
      "/constants/int64[1,2]",
      "/constants/int32[2]",
      "named",
      "/constants/float32[]",
      "/constants/float32[]_1",
    ]);
    expect(t.model().graph?.initializer.map(({ name }) => name)).toEqual(names);
  });

  it("keep their elements, little-endian", () => {
    const t = tape();
    t.constant("int32", [2], [1, -2]);
    const [tensor] = t.model().graph!.initializer;
    expect([...tensor!.rawData]).toEqual([1, 0, 0, 0, 254, 255, 255, 255]);
    expect(tensorToArray(tensor!)).toEqual({
      type: "int32",
      dims: [2],
      data: Float64Array.of(1, -2),
    });
  });

  it("do not follow later changes of the numbers they were made from", () => {
    const t = tape();
    const data = [1, 2];
    t.constant("int64", [2], data);
    data[0] = 5;
    expect([...tensorToArray(t.model().graph!.initializer[0]!).data]).toEqual([1, 2]);
  });

  it("may be named again by the same tensor only", () => {
    const t = tape();
    const w = t.constant("float32", [2], [1, 2], "w");
    expect(t.constant("float32", [2], [1, 2], "w")).toBe(w);
    for (const other of [
      () => t.constant("float32", [2], [1, 3], "w"),
      () => t.constant("float32", [1, 2], [1, 2], "w"),
      () => t.constant("int32", [2], [1, 2], "w"),
    ]) {
      expect(other).toThrow(
        'constant "w": a name must stand for one tensor, got another type, shape or content for it',
      );
    }
  });

  it("refuse wrong counts, elements, sizes and types", () => {
    const t = tape();
    expect(() => t.constant("float32", [2, 3], [1])).toThrow(
      new RangeError("constant: data must have one element per place of dims [2,3], got 1 elements"),
    );
    expect(() => t.constant("int8", [1], [128], "w")).toThrow(
      'constant "w": an element of type int8 must be an integer from -128 to 127, got 128 at index 0',
    );
    expect(() => t.constant("int64", [1], [0.5])).toThrow(
      "must be an integer from -9007199254740991 to 9007199254740991, got 0.5 at index 0",
    );
    expect(() => t.constant("bool", [2], [1, 2])).toThrow("must be an integer from 0 to 1, got 2 at index 1");
    expect(() => t.constant("float32", [-1], [])).toThrow(
      "constant: a size must be an integer of at least 0, got -1 in [-1]",
    );
    expect(() => t.constant("float" as DataType, [], [1])).toThrow(TypeError);
    expect(() => t.constant("float" as DataType, [], [1])).toThrow("constant: type must be one of float32, float64,");
  });
});

describe("external", () => {
  it("names a place in a file, once a name", () => {
    const t = tape();
    const w = t.external("w", "float32", [2, 3], place);
    expect(w).toEqual({ name: "w", type: "float32", dims: [2, 3] });
    expect(t.scope("again").external("w", "float32", [2, 3], place)).toBe(w);
    const [tensor, ...rest] = t.model().graph!.initializer;
    expect(rest).toEqual([]);
    expect(tensor!.externalData.map(({ key, value }) => [key, value])).toEqual([
      ["location", "model.safetensors"],
      ["offset", "7"],
      ["length", "24"],
    ]);
  });

  it("refuses a name that stands for another tensor, and a length that is not the tensor's", () => {
    const t = tape();
    t.external("w", "float32", [2, 3], place);
    for (const change of [{ offset: 8 }, { location: "other" }])
      expect(() => t.external("w", "float32", [2, 3], { ...place, ...change })).toThrow(
        'external "w": a name must stand for one tensor',
      );
    expect(() => t.external("w", "float32", [3, 2], place)).toThrow('external "w": a name must stand for one tensor');
    expect(() => t.constant("float32", [2, 3], [1, 2, 3, 4, 5, 6], "w")).toThrow(
      'constant "w": a name must stand for one tensor',
    );
    expect(() => t.external("v", "float16", [2, 3], place)).toThrow(
      new RangeError('external "v": length must be 12 bytes for float16[2,3], got 24'),
    );
    expect(() => t.external("v", "float32", [2, 3], { ...place, offset: -1 })).toThrow(
      'external "v": a size must be an integer of at least 0, got -1',
    );
  });
});

describe("model", () => {
  it("declares inputs and outputs, and the versions that were asked for", () => {
    const t = tape("main");
    const x = t.input("x", "float16", ["numTokens", 8, undefined]);
    expect(t.output("y", x)).toEqual({
      name: "y",
      type: "float16",
      dims: ["numTokens", 8, undefined],
    });
    const model = t.model({ opset: 20, irVersion: 9, producer: "someone" });
    expect([
      model.irVersion,
      model.producerName,
      model.opsetImport.map(({ domain, version }) => [domain, version]),
    ]).toEqual([9n, "someone", [["", 20n]]]);
    expect(model.graph?.name).toBe("main");
    expect([...model.graph!.input, ...model.graph!.output].map(valueOfInfo)).toEqual([
      { name: "x", type: "float16", dims: ["numTokens", 8, undefined] },
      { name: "y", type: "float16", dims: ["numTokens", 8, undefined] },
    ]);
    expect(model.graph?.node.map(({ opType, input, output }) => [opType, input, output])).toEqual([
      ["Identity", ["x"], ["y"]],
    ]);
  });

  it("is of operator set 21, format 10, and imports other domains that are used", () => {
    const t = tape();
    const x = t.input("x", "float32", [1, 4]);
    const gelu = t.op("AnyGelu", [x, undefined], { limit: { float: 0.1 } }, { domain: microsoft });
    expect(gelu).toEqual({ name: "/AnyGelu/output_0", type: undefined, dims: undefined });
    t.op("Neg", [gelu], {}, { domain: "ai.onnx" });
    const model = t.model();
    expect(model.irVersion).toBe(10n);
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
      ["", 21n],
      ["com.microsoft", 1n],
    ]);
    expect(model.graph?.node[0]?.input).toEqual(["x", ""]);
    checkModel(model);
  });

  it("does not change with what is recorded later", () => {
    const t = tape();
    const x = t.input("x", "float32", []);
    const before = t.model();
    t.output("y", t.op("Add", [x, t.constant("float32", [], [1])]));
    t.input("z", "float32", []);
    const { node, input, output, initializer } = before.graph!;
    expect([node, input, output, initializer].map((list) => list.length)).toEqual([0, 1, 0, 0]);
  });

  it("reads a named size without a name as an unknown one", () => {
    const t = tape();
    t.input("x", "float32", ["", "n"]);
    expect(t.model().graph!.input.map(valueOfInfo)).toEqual([{ name: "x", type: "float32", dims: [undefined, "n"] }]);
  });

  it("declares an output of unknown type by its name alone", () => {
    const t = tape();
    t.output("y", t.op("Custom", [t.input("x", "float32", [])], {}, { domain: microsoft }));
    expect(t.model().graph!.output.map(valueOfInfo)).toEqual([{ name: "y", type: undefined, dims: undefined }]);
  });
});

describe("attributes", () => {
  it("take their kind from the value", () => {
    const t = tape();
    const x = t.input("x", "float32", []);
    t.op(
      "Custom",
      [x],
      {
        int: 3,
        float: { float: 0.1 },
        text: "é",
        ints: [1, -2],
        floats: { floats: [1, 0.5] },
        texts: { strings: ["a", ""] },
        tensor: { tensor: { type: "int64", dims: [1], data: Float64Array.of(7) } },
      },
      { domain: "d" },
    );
    const found = t
      .model()
      .graph!.node[0]!.attribute.map(({ name, type, i, f, s, ints, floats, strings, t: tensor }) => [
        name,
        type,
        i ??
          f ??
          (s && [...s]) ??
          (tensor && tensorToArray(tensor).data) ?? [...ints, ...floats, ...strings.map((text) => [...text])],
      ]);
    expect(found).toEqual([
      ["int", 2, 3n],
      ["float", 1, Math.fround(0.1)],
      ["text", 3, [0xc3, 0xa9]],
      ["ints", 7, [1n, -2n]],
      ["floats", 6, [1, 0.5]],
      ["texts", 8, [[97], []]],
      ["tensor", 4, Float64Array.of(7)],
    ]);
  });

  it("refuse a number that is not an integer", () => {
    const t = tape();
    const x = t.input("x", "float32", []);
    expect(() => t.op("Custom", [x], { epsilon: 1e-5 }, { domain: "mine" })).toThrow(
      new RangeError("attribute: epsilon must be an integer (or { float }), got 0.00001"),
    );
    expect(() => t.op("Custom", [x], { perm: [0, 0.5] }, { domain: "mine" })).toThrow(
      "attribute: perm must be an integer (or { float }), got 0.5",
    );
  });
});

it("refuses a node without outputs", () => {
  const t = tape();
  expect(() => t.ops("Split", 0, [t.input("x", "float32", [2])])).toThrow(
    new RangeError("ops: numOutputs must be an integer of at least 1, got 0"),
  );
});
