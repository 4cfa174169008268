// Recording a graph inside a node. It reads every value that was recorded before, its names are unique in the whole model, and its
// constants are stored in the graph around it.

import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema } from "../proto/onnx_pb.ts";
import { recordNode } from "./record-node.ts";
import type { Recording } from "./recording.ts";
import { checkRecorded, freshName } from "./recording.ts";
import type { Value } from "../model/value.ts";

export const startInner = (outer: Recording, name: string): Recording => {
  const graph = create(GraphProtoSchema, { name });
  // Both graphs share one array, so that a constant of the inner graph is added to the graph around it.
  graph.initializer = outer.graph.initializer;
  return { ...outer, graph, values: new Map(outer.values) };
};

/** The results under names of their own, each made inside: an inner graph cannot return a value from around it, nor one value twice. */
export const ownResults = (inner: Recording, at: string, name: string, results: readonly Value[]): readonly Value[] =>
  results.map((value, index) => {
    checkRecorded(inner, at, value);
    const again = results.findIndex((other) => other.name === value.name) < index;
    if (!again && inner.graph.node.some(({ output }) => output.includes(value.name))) return value;
    const identity = freshName(inner, inner.nodeNames, `${name}/Identity`);
    const outputs = [`${identity}/output_0`];
    return recordNode(inner, { opType: "Identity", domain: "", name: identity, inputs: [value], outputs })[0]!;
  });

/**
 * Ends the recording of an inner graph, and makes its constants known outside.
 *
 * @throws RangeError when an input or an output of the model was declared inside
 */
export const endInner = (outer: Recording, { graph, values }: Recording, at: string): void => {
  const declared = [...graph.input, ...graph.output].map(({ name }) => `"${name}"`);
  if (declared.length > 0)
    throw new RangeError(`${at}: inputs and outputs of the model must be declared outside, got ${declared.join(", ")}`);
  for (const [constant, value] of values)
    if (outer.tensors.has(constant) && !outer.values.has(constant)) outer.values.set(constant, value);
};
