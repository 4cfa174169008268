// Walking over what a graph holds, also in the graphs inside its nodes, and changing it into a new graph.

import { innerGraphs } from "../model/node.ts";
import type { GraphProto, NodeProto, TensorProto } from "../proto/onnx_pb.ts";

/** The node with other graphs inside it; a node without any is returned as it is. */
export const mapInnerGraphs = (change: (graph: GraphProto) => GraphProto, node: NodeProto): NodeProto => {
  if (innerGraphs(node).length === 0) return node;
  const attribute = node.attribute.map((each) => ({
    ...each,
    ...(each.g && { g: change(each.g) }),
    graphs: each.graphs.map(change),
  }));
  return { ...node, attribute };
};

/** All nodes of a graph; each is followed by those of the graphs inside it. */
export const nodesIn = (graph: Pick<GraphProto, "node">): readonly NodeProto[] =>
  graph.node.flatMap((node) => [node, ...innerGraphs(node).flatMap(nodesIn)]);

/** The graph with something in place of each node: one node, several or none. The graphs inside a node are changed before the node. */
export const mapNodes = (
  change: (node: NodeProto) => NodeProto | readonly NodeProto[],
  graph: GraphProto,
): GraphProto => ({
  ...graph,
  node: graph.node.flatMap((node) => change(mapInnerGraphs((inner) => mapNodes(change, inner), node))),
});

/** All tensors of a graph: its initializers, and the tensors in attributes of nodes. */
export const tensorsIn = (graph: GraphProto): readonly TensorProto[] => [
  ...graph.initializer,
  ...graph.node.flatMap(({ attribute }) =>
    attribute.flatMap(({ t, tensors, g, graphs }) => [
      ...(t ? [t] : []),
      ...tensors,
      ...(g ? [g, ...graphs] : graphs).flatMap(tensorsIn),
    ]),
  ),
];

const mapAttributeTensors = (change: (tensor: TensorProto) => TensorProto, node: NodeProto): NodeProto => {
  if (node.attribute.every(({ t, tensors }) => t === undefined && tensors.length === 0)) return node;
  const attribute = node.attribute.map((each) => ({
    ...each,
    ...(each.t && { t: change(each.t) }),
    tensors: each.tensors.map(change),
  }));
  return { ...node, attribute };
};

/** The graph with another tensor in place of each: its initializers, and the tensors in attributes of nodes. */
export const mapTensors = (change: (tensor: TensorProto) => TensorProto, graph: GraphProto): GraphProto => ({
  ...graph,
  initializer: graph.initializer.map(change),
  node: graph.node.map((node) =>
    mapAttributeTensors(
      change,
      mapInnerGraphs((inner) => mapTensors(change, inner), node),
    ),
  ),
});
