// Continuing a model that exists already: a recording with its values, and their types and shapes where they are known.

import { check } from "@ropewalk/check";
import { fail } from "../fail.ts";
import type { GraphProto, ModelProto } from "../proto/onnx_pb.ts";
import { typeOfCode } from "../arrays/data-type.ts";
import { inferNode } from "./record-node.ts";
import type { Recording } from "./recording.ts";
import { declare, startRecording } from "./recording.ts";
import { valueOfInfo } from "../model/value.ts";

/** Whether all sizes of a shape are known. */
const known = (dims: readonly unknown[] | undefined): boolean => dims?.every((dim) => dim !== undefined) ?? false;

/**
 * A recording that holds a model's inputs, initializers, nodes and outputs; the model itself is left as it is.
 *
 * @throws RangeError when two values have one name, a node reads what is not computed before it, or inputs contradict an operator
 */
export const resume = (model: ModelProto): Recording => {
  const { graph } = model;
  check(graph !== undefined, "resume: a model must have a graph", "none");
  const recording = startRecording(graph.name);
  const declared = new Map(graph.valueInfo.map((info) => [info.name, valueOfInfo(info)]));
  for (const tensor of graph.initializer) {
    const dims = tensor.dims.map(Number);
    declare(recording, `initializer "${tensor.name}"`, { name: tensor.name, type: typeOfCode(tensor.dataType), dims });
    recording.tensors.set(tensor.name, tensor);
  }
  for (const info of graph.input)
    if (!recording.tensors.has(info.name)) declare(recording, `input "${info.name}"`, valueOfInfo(info));
  for (const node of graph.node) {
    const at = `${node.opType} "${node.name}"`;
    const inputs = node.input.map((name) =>
      name === ""
        ? undefined
        : (recording.values.get(name) ?? fail(`${at}: an input must be computed before it, got "${name}"`)),
    );
    const inferred = inferNode(recording, node, inputs);
    node.output.forEach((name, i) => {
      if (name === "") return;
      const shape = inferred?.[i];
      const told = declared.get(name);
      const better = told !== undefined && known(told.dims) && !known(shape?.dims) ? told : shape;
      declare(recording, at, { name, type: better?.type ?? told?.type, dims: better?.dims });
    });
    recording.nodeNames.add(node.name);
  }
  const copy: GraphProto = {
    ...graph,
    node: [...graph.node],
    input: [...graph.input],
    output: [...graph.output],
    initializer: [...graph.initializer],
  };
  return { ...recording, graph: copy };
};
