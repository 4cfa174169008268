/**
 * The graphs that the loop runs hold what GPUs' providers have, next to nothing over int64 and bytes among it: a graph with more is refused
 * there. That is told here, where no GPU is needed.
 */
import { cpu } from "@ropewalk/backend-node";
import { openFolder } from "@ropewalk/models/node";
import { expect, it } from "vitest";
import { graphNames, knownOf, recordGraph } from "./checks/operators.ts";
import { rootUrl } from "./checks/place.ts";

/** Those that are compared with the CPU's on WebGPU, one by one, where there is a driver. */
const onGpus = new Set(
  (
    "Abs Add Cast Concat Div Equal Exp Expand Floor Gather Gelu Greater Identity LayerNormalization Log MatMul MatMulNBits Max Min Mul " +
    "Neg Reciprocal ReduceMax ReduceMean ReduceSum Reshape RotaryEmbedding ScatterElements Sigmoid SimplifiedLayerNormalization Slice " +
    "Softmax Split Sqrt Squeeze Sub Tanh Transpose Unsqueeze Where"
  ).split(" "),
);

/** Which operators may read values of a type that only a run knows, at which input; all over float32 and int32. */
const readers: Readonly<Record<string, readonly (readonly [opType: string, input: number])[]>> = {
  int64: [["Gather", 1]],
  uint8: [
    ["Cast", 0],
    ["Gather", 0],
    ["Reshape", 0],
  ],
  bool: [
    ["Cast", 0],
    ["Where", 0],
  ],
};

it.each(graphNames)("%s: over int64, bytes and bools few operators", async (name) => {
  const reference = cpu({ threads: 1 });
  const onGpu = { ...reference, operators: "plain", blocks: "kept" } as const;
  const { model } = await recordGraph(onGpu, reference, (path) => openFolder(new URL(path, rootUrl)), name);
  const { values, constants } = knownOf(model);
  const wrong = model.graph!.node.flatMap((node) =>
    node.input.flatMap((input, index) => {
      const type = values.get(input)?.type;
      if (input === "" || constants.has(input) || type === "float32" || type === "int32") return [];
      const allowed = readers[type!]?.some(([opType, at]) => opType === node.opType && at === index);
      return allowed ? [] : [`${node.opType} "${node.name}" reads ${type} "${input}"`];
    }),
  );
  expect(wrong).toEqual([]);
  expect(model.graph!.node.map(({ opType }) => opType).filter((opType) => !onGpus.has(opType))).toEqual([]);
});
