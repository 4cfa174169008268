/**
 * The graphs that the loop runs hold what GPUs' providers have, next to nothing over int64 and bytes among it: a graph with more is refused
 * there. That is told here, where no GPU is needed.
 */
import { cpu } from "@ropewalk/backend-node";
import { extendDecoder } from "@ropewalk/decoder";
import { trainingCheckpoints, trainingGraph, trainingOutputs } from "@ropewalk/decoder/training";
import type { ModelProto } from "@ropewalk/graph";
import { differentiate } from "@ropewalk/graph/gradient";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { expect, it } from "vitest";
import { graphNames, knownOf, recordGraph } from "./checks/operators.ts";
import type { OpenModelFolder } from "./checks/place.ts";

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

const wrongIn = (model: ModelProto): readonly string[] => {
  const { values, constants } = knownOf(model);
  return model.graph!.node.flatMap((node) => [
    ...(onGpus.has(node.opType) ? [] : [`${node.opType} "${node.name}" was not compared`]),
    ...node.input.flatMap((input, index) => {
      const type = values.get(input)?.type;
      if (input === "" || constants.has(input) || type === "float32" || type === "int32") return [];
      const allowed = readers[type!]?.some(([opType, at]) => opType === node.opType && at === index);
      return allowed ? [] : [`${node.opType} "${node.name}" reads ${type} "${input}"`];
    }),
  ]);
};

const open: OpenModelFolder = (path) => openFolder(inRepository(path));

it.each(graphNames)("%s: over int64, bytes and bools few operators", async (name) => {
  const reference = cpu({ threads: 1 });
  const onGpu = { ...reference, operators: "plain", quantizedWeights: "kept" } as const;
  expect(wrongIn((await recordGraph(onGpu, reference, open, name)).model)).toEqual([]);
});

it("logits in blocks of rows: the same", async () => {
  const { decoder } = await loadCheckpoint(await open(`${tinyCheckpoints}/llama`));
  const vocabSize = 2 ** 20;
  const tensors = Object.fromEntries(
    Object.entries(decoder.tensors).map(([name, [first, ...rest]]) => [
      name,
      [first === decoder.vocabSize ? vocabSize : first!, ...rest],
    ]),
  );
  const large = { ...decoder, vocabSize, tensors };
  const batch = { batchSize: 1, seqLen: 40 };
  const model = trainingGraph(extendDecoder(large, {}), batch);
  const checkpoints = trainingCheckpoints(large, batch);
  expect(checkpoints.length).toBeGreaterThan(decoder.numLayers + 1);
  const parameters = Object.keys(tensors);
  expect(wrongIn(differentiate(model, { loss: trainingOutputs.loss, parameters, checkpoints }))).toEqual([]);
});
