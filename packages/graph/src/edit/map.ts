// Walking over what a graph holds, also in the graphs inside its nodes, and changing it into a new graph.

import { checkFunction, show } from "@ropewalk/check";
import { checkGraph, checkNode } from "../model/check-graph.ts";
import { innerGraphs } from "../model/node.ts";
import type { GraphProto, NodeProto, TensorProto } from "../proto/onnx_pb.ts";

/** The graphs inside a node under a change that was checked. */
export const changeInner = (change: (graph: GraphProto) => GraphProto, node: NodeProto): NodeProto => {
  if (innerGraphs(node).length === 0) return node;
  const attribute = node.attribute.map((each) => ({
    ...each,
    ...(each.g && { g: change(each.g) }),
    graphs: each.graphs.map((graph) => change(graph)),
  }));
  return { ...node, attribute };
};

/**
 * The node with other graphs inside it; a node without any is returned as it is.
 *
 * @throws TypeError when an argument, or what `change` returns, is none
 */
export const mapInnerGraphs = (change: (graph: GraphProto) => GraphProto, node: NodeProto): NodeProto => {
  checkFunction("mapInnerGraphs", "change", change);
  checkNode("mapInnerGraphs", node);
  return changeInner((inner) => {
    const changed = change(inner);
    checkGraph("mapInnerGraphs", changed);
    return changed;
  }, node);
};

/** All nodes of a graph; each is followed by those of the graphs inside it. */
export const nodesIn = (graph: Pick<GraphProto, "node">): readonly NodeProto[] => {
  checkGraph("nodesIn", graph, ["node"]);
  return graph.node.flatMap((node) => [node, ...innerGraphs(node).flatMap(nodesIn)]);
};

type ChangeNode = (node: NodeProto) => NodeProto | readonly NodeProto[];

const changeNodes = (change: ChangeNode, graph: GraphProto): GraphProto => ({
  ...graph,
  node: graph.node.flatMap((node) => {
    const changed = change(changeInner((inner) => changeNodes(change, inner), node));
    if (typeof changed !== "object" || changed === null)
      throw new TypeError(`mapNodes: change must return a node or a list of nodes, got ${show(changed)}`);
    return changed;
  }),
});

/**
 * The graph with something in place of each node: one node, several or none. The graphs inside a node are changed before the node.
 *
 * @throws TypeError when an argument, or what `change` returns, is none
 */
export const mapNodes = (change: ChangeNode, graph: GraphProto): GraphProto => {
  checkFunction("mapNodes", "change", change);
  checkGraph("mapNodes", graph, ["node"]);
  return changeNodes(change, graph);
};

/** All tensors of a graph: its initializers, and the tensors in attributes of nodes. */
export const tensorsIn = (graph: GraphProto): readonly TensorProto[] => {
  checkGraph("tensorsIn", graph, ["initializer", "node"]);
  return [
    ...graph.initializer,
    ...graph.node.flatMap(({ attribute }) =>
      attribute.flatMap(({ t, tensors, g, graphs }) => [
        ...(t ? [t] : []),
        ...tensors,
        ...(g ? [g, ...graphs] : graphs).flatMap(tensorsIn),
      ]),
    ),
  ];
};

type ChangeTensor = (tensor: TensorProto) => TensorProto;

const changeAttributeTensors = (change: ChangeTensor, node: NodeProto): NodeProto => {
  if (node.attribute.every(({ t, tensors }) => t === undefined && tensors.length === 0)) return node;
  const attribute = node.attribute.map((each) => ({
    ...each,
    ...(each.t && { t: change(each.t) }),
    tensors: each.tensors.map((tensor) => change(tensor)),
  }));
  return { ...node, attribute };
};

const changeTensors = (change: ChangeTensor, graph: GraphProto): GraphProto => ({
  ...graph,
  initializer: graph.initializer.map((tensor) => change(tensor)),
  node: graph.node.map((node) =>
    changeAttributeTensors(
      change,
      changeInner((inner) => changeTensors(change, inner), node),
    ),
  ),
});

/**
 * The graph with another tensor in place of each: its initializers, and the tensors in attributes of nodes.
 *
 * @throws TypeError when an argument, or what `change` returns, is none
 */
export const mapTensors = (change: ChangeTensor, graph: GraphProto): GraphProto => {
  checkFunction("mapTensors", "change", change);
  checkGraph("mapTensors", graph, ["initializer", "node"]);
  return changeTensors((tensor) => {
    const changed = change(tensor);
    if (typeof changed !== "object" || changed === null)
      throw new TypeError(`mapTensors: change must return a tensor, got ${show(changed)}`);
    return changed;
  }, graph);
};
