// Outputs without a node of their own: an Identity that only gives a result the name of an output goes, and the result takes that name.

import { checkGraph } from "../model/check-graph.ts";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";
import { renameGraph } from "./rename.ts";

const isIdentity = ({ opType, domain }: NodeProto): boolean => opType === "Identity" && domain === "";

/**
 * The graph without the Identity nodes between a node's result and an output. One stays where the result has another name by right: that of
 * an input, an initializer, or another output.
 */
export const nameOutputs = (graph: GraphProto): GraphProto => {
  checkGraph("nameOutputs", graph);
  const outputs = new Set(graph.output.map(({ name }) => name));
  const results = new Set(graph.node.flatMap(({ output }) => output));
  const names = new Map<string, string>();
  const gone = new Set<NodeProto>();
  for (const node of graph.node) {
    const [from, to] = [node.input[0]!, node.output[0]!];
    if (!isIdentity(node) || !outputs.has(to) || outputs.has(from) || !results.has(from) || names.has(from)) continue;
    names.set(from, to);
    gone.add(node);
  }
  const node = graph.node.filter((each) => !gone.has(each));
  return names.size === 0 ? graph : renameGraph({ values: (name) => names.get(name) ?? name }, { ...graph, node });
};
