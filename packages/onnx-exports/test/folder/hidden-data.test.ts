/** Places of data that lead out of an export's folder, wherever in its model they stand. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  attribute,
  decode,
  encode,
  ndArray,
  node,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "@ropewalk/graph";
import { inMemory } from "@ropewalk/models";
import { exportPath } from "@ropewalk/testing/exports/export-files";
import { describe, expect, it } from "vitest";
import { extendExport, loadExport } from "../../src/index.ts";

const from = exportPath("genai-cpu-llama");
const config = readFileSync(join(from, "config.json"));
const fresh = (): ModelProto => decode(readFileSync(join(from, "model.onnx")));

/** A tensor whose elements lie in another file. */
const elsewhere = (location: string): TensorProto => {
  const tensor = fresh().graph!.initializer.find(({ externalData }) => externalData.length > 0)!;
  return {
    ...tensor,
    name: "stolen",
    externalData: tensor.externalData.map((entry) =>
      entry.key === "location" ? { ...entry, value: location } : entry,
    ),
  };
};

const constantOf = (tensor: TensorProto): NodeProto => {
  const constant = node("Constant", [], ["stolen"], { value: { tensor: ndArray("float32", [1], [0]) } });
  return { ...constant, attribute: constant.attribute.map((each) => ({ ...each, t: tensor })) };
};

const inner = (graph: Partial<GraphProto>): NodeProto =>
  node("If", [], ["out"], { then_branch: { graph: { ...fresh().graph!, node: [], initializer: [], ...graph } } });

const withUnknown = <Message extends object>(message: Message, no: number): Message => ({
  ...message,
  $unknown: [{ no, wireType: 2, data: new Uint8Array([1, 0]) }],
});

const functionOf = (parts: object): ModelProto["functions"][number] =>
  ({
    $typeName: "onnx.FunctionProto",
    ...{ name: "f", domain: "local", overload: "", docString: "", input: [], output: [], attribute: [] },
    ...{ node: [], opsetImport: [], attributeProto: [], valueInfo: [], metadataProps: [] },
    ...parts,
  }) as unknown as ModelProto["functions"][number];

/** Each puts a tensor's place, or a part that may have one, into a model. */
const hiding: Readonly<Record<string, (model: ModelProto, tensor: TensorProto) => void>> = {
  "a weight": ({ graph }, tensor) => graph!.initializer.push(tensor),
  "a constant": ({ graph }, tensor) => graph!.node.push(constantOf(tensor)),
  "a weight of an inner graph": ({ graph }, tensor) => graph!.node.push(inner({ initializer: [tensor] })),
  "a constant of an inner graph": ({ graph }, tensor) => graph!.node.push(inner({ node: [constantOf(tensor)] })),
};
const hidden: typeof hiding = {
  "a function": (model, tensor) => model.functions.push(functionOf({ node: [constantOf(tensor)] })),
  "an inner graph of a function": (model, tensor) =>
    model.functions.push(functionOf({ node: [inner({ initializer: [tensor] })] })),
  "a default of a function's": (model, tensor) =>
    model.functions.push(
      functionOf({ node: [node("Neg", ["x"], ["y"])], attributeProto: constantOf(tensor).attribute }),
    ),
  "sparse weights": (model) => (model.graph = withUnknown(model.graph!, 15)),
  "sparse weights of an inner graph": ({ graph }) => graph!.node.push(inner(withUnknown({}, 15))),
  "a sparse constant": ({ graph }) =>
    graph!.node.push({ ...node("Constant", [], ["s"]), attribute: [withUnknown(attribute("sparse_value", 1), 22)] }),
  training: (model) => Object.assign(model, withUnknown(model, 20)),
};
const refused = async (hide: (model: ModelProto) => unknown, message: RegExp): Promise<void> => {
  const model = fresh();
  hide(model);
  const bytes = encode(model);
  const files = {
    "model.onnx": bytes,
    "config.json": config,
    "model.onnx_data": readFileSync(join(from, "model.onnx_data")),
  };
  await expect(loadExport({}, inMemory("it", files))).rejects.toThrow(message);
  const stated: unknown = JSON.parse(config.toString());
  expect(() => extendExport({ extension: {}, config: stated }, bytes)).toThrow(message);
};

describe("a data file outside of the model's folder", () => {
  const outside = [
    "../secret",
    "/etc/passwd",
    "a/../../secret",
    "..\\secret",
    "C:secret",
    "\\\\host\\secret",
    "a//b",
    "",
  ];
  it.each(Object.entries(hiding))("is refused where %s names it", async (_, hide) => {
    for (const location of outside)
      await refused((model) => hide(model, elsewhere(location)), /must lie in a file inside the model's folder, got/);
  });
});

describe("a data file that is named where nobody looks", () => {
  it.each(Object.entries(hidden))("is refused: %s", async (_, hide) => {
    const message =
      /^\w+: (a function must have its numbers in itself, got tensor "stolen" in a file|.* must have no part whose data files are not checked, got (sparse|a sparse|training).*)$/;
    await refused((model) => hide(model, elsewhere("model.onnx_data")), message);
  });

  it("is none in a function that has its numbers in itself", async () => {
    const model = fresh();
    model.functions.push(functionOf({ node: [node("Neg", ["x"], ["y"])] }));
    const files = {
      "model.onnx": encode(model),
      "config.json": config,
      "model.onnx_data": readFileSync(join(from, "model.onnx_data")),
    };
    await expect(loadExport({}, inMemory("it", files))).resolves.toBeDefined();
  });
});
