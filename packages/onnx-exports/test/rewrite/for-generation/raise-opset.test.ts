/** A model of an older opset gives the same numbers before and after it is raised, by `evaluate` and in ONNX Runtime. */
import {
  checkModel,
  decode,
  encode,
  evaluate,
  ndArray,
  node,
  tape,
  type ModelProto,
  type Tape,
  type Value,
} from "@ropewalk/graph";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { raiseVersions } from "../../../src/rewrite/for-generation/raise-opset.ts";

const sizes = [2, 6];
const data = Float32Array.from({ length: 12 }, (_, i) => Math.sin(3 * i) * (i + 1));

const model = (opset: number, record: (t: Tape, x: Value) => Value): ModelProto => {
  const t = tape();
  t.output("y", record(t, t.input("x", "float32", sizes)));
  return t.model({ opset, irVersion: 8 });
};

/** A graph that is written by hand, since a tape does not record the older forms of operators. */
const byHand = (opset: number, ...nodes: readonly ReturnType<typeof node>[]): ModelProto => {
  const made = model(opset, (t, x) => t.op("Identity", [x], {}, { output: "unused" }));
  const graph = made.graph!;
  graph.node = [...nodes];
  graph.output[0]!.name = "y";
  graph.output[0]!.type = undefined;
  return decode(encode(made));
};

const raised = (made: ModelProto, opset = 23): ModelProto => raiseVersions({ opset, irVersion: 11 }, made);

const run = async (made: ModelProto): Promise<Float32Array> => {
  const session = await InferenceSession.create(encode(made), { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new Tensor("float32", data, sizes) });
  await session.release();
  return (y as Tensor).data as Float32Array;
};

const reduce = (opset: number, opType: string, attributes: Readonly<Record<string, number | readonly number[]>>) =>
  byHand(opset, node(opType, ["x"], ["y"], attributes, { name: "reduced" }));

const cases: readonly (readonly [string, ModelProto])[] = [
  ...["ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2"].map(
    (opType) => [`${opType} along an axis`, reduce(13, opType, { axes: [-1], keepdims: 0 })] as const,
  ),
  ["ReduceMean along all", reduce(17, "ReduceMean", { keepdims: 1 })],
  [
    "two means along the same axes, which share a constant",
    byHand(
      14,
      node("ReduceMean", ["x"], ["first"], { axes: [-1] }, { name: "first" }),
      node("Sub", ["x", "first"], ["centred"], {}, { name: "centre" }),
      node("ReduceMean", ["centred"], ["y"], { axes: [-1] }, { name: "second" }),
    ),
  ],
  [
    "Split in equal parts",
    byHand(
      13,
      node("Split", ["x"], ["a", "b", "c"], { axis: 1 }, { name: "split" }),
      node("Sub", ["a", "b"], ["ab"], {}, { name: "sub" }),
      node("Mul", ["ab", "c"], ["y"], {}, { name: "mul" }),
    ),
  ],
  [
    "Split by sizes",
    model(13, (t, x) => {
      const [a, b] = t.ops("Split", 2, [x, t.constant("int64", [2], [2, 4])], { axis: 1 });
      return t.op("Mul", [t.op("ReduceSum", [a!, t.constant("int64", [1], [1])]), b!]);
    }),
  ],
  ["what means the same", model(13, (t, x) => t.op("Tanh", [t.op("Softmax", [x], { axis: -1 })]))],
];

describe("a model raised to opset 23", () => {
  it.each(cases)("%s", async (_, made) => {
    const after = raised(made);
    expect(after.opsetImport.map(({ version }) => version)).toEqual([23n]);
    expect(after.irVersion).toBe(11n);
    expect(() => checkModel(after)).not.toThrow();
    const expected = await run(made);
    expect(expected.every(Number.isFinite)).toBe(true);
    expect(await run(after)).toEqual(expected);
    if (made.graph!.node.some(({ opType }) => opType === "Split")) return;
    const feeds = { x: ndArray("float32", sizes, data) };
    expect(evaluate(after, feeds)).toEqual(evaluate(made, feeds));
  });

  it("inside of branches too", async () => {
    const made = model(17, (t, x) => {
      const positive = t.op("Greater", [
        t.op("ReduceSum", [x, t.constant("int64", [2], [0, 1])], { keepdims: 0 }),
        t.constant("float32", [], [0]),
      ]);
      const [y] = t.branch(positive, {
        whenTrue: (inner) => [inner.op("Exp", [x])],
        whenFalse: (inner) => [inner.op("Neg", [x])],
      });
      return y!;
    });
    const choice = made.graph!.node.find(({ opType }) => opType === "If")!;
    for (const { g } of choice.attribute) {
      const only = g!.node[0]!;
      Object.assign(only, node("ReduceMean", [only.input[0]!], [only.output[0]!], { axes: [1] }, { name: only.name }));
    }
    const bytes = decode(encode(made));
    for (const info of [...bytes.graph!.output, ...bytes.graph!.valueInfo]) info.type = undefined;
    for (const { g } of bytes.graph!.node.find(({ opType }) => opType === "If")!.attribute)
      for (const info of g!.output) info.type = undefined;
    expect(await run(raised(bytes))).toEqual(await run(bytes));
  });

  it("keeps a later version of its own, and other domains", () => {
    const made = model(24, (t, x) => t.op("Tanh", [x]));
    made.opsetImport.push({ ...made.opsetImport[0]!, domain: "com.microsoft", version: 1n });
    expect(raised(made).opsetImport.map(({ version }) => version)).toEqual([24n, 1n]);
  });

  it.each(["Pad", "BatchNormalization", "Resize", "GroupNormalization", "SomethingNew"])(
    "%s is refused by name",
    (opType) => {
      expect(() => raised(byHand(17, node(opType, ["x"], ["y"], {}, { name: "odd" })))).toThrow(
        `node "odd" (${opType}) must mean the same in opset 17 and in later ones, which is not known of it`,
      );
    },
  );

  it("leaves operators of other domains as they are", () => {
    const made = byHand(17, node("Pad", ["x"], ["y"], {}, { name: "odd", domain: "com.microsoft" }));
    expect(raised(made).graph!.node[0]!.opType).toBe("Pad");
  });
});
