// Values that are read and that nothing makes. Unlike `checkModel`, which throws, this only looks, and nodes may be in any order.

import { checkGraph } from "../model/check-graph.ts";
import { namesMade, namesRead } from "../model/node.ts";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";

/** A value that nothing makes, and who reads it: a node, or no node where it is an output of the graph. */
export type MissingValue = { readonly name: string; readonly reader: NodeProto | undefined };

/** The first value that a node or the graph's outputs read and that nothing makes; undefined where all are made. */
export const missingValue = (graph: GraphProto): MissingValue | undefined => {
  checkGraph("missingValue", graph);
  const made = namesMade(graph);
  for (const reader of graph.node) {
    const name = namesRead(reader).find((read) => read !== "" && !made.has(read));
    if (name !== undefined) return { name, reader };
  }
  const output = graph.output.find(({ name }) => !made.has(name));
  return output && { name: output.name, reader: undefined };
};
