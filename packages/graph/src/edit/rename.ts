// Renaming values and nodes, also in the graphs inside nodes. An empty name leaves an optional input or output out, and stays empty.

import { namesMade } from "../model/node.ts";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";
import { mapInnerGraphs } from "./map.ts";

type Rename = (name: string) => string;

export type Renaming = {
  /** The new name of a value. */
  readonly values: Rename;
  /** The new name of a value where it is read, if that differs from where it is made. Absent: the same. */
  readonly reads?: Rename;
  /** The new name of a node. Absent: node names stay. */
  readonly nodes?: Rename;
};

const unlessEmpty =
  (rename: Rename): Rename =>
  (name) =>
    name === "" ? "" : rename(name);

const renameNode = ({ values, reads = values, nodes = (name) => name }: Renaming, node: NodeProto): NodeProto => ({
  ...mapInnerGraphs((graph) => {
    // What a graph inside a node makes, it also reads under the name that it was given there.
    const made = namesMade(graph);
    return renameGraph({ values, nodes, reads: (name) => (made.has(name) ? values : reads)(name) }, graph);
  }, node),
  name: unlessEmpty(nodes)(node.name),
  input: node.input.map(unlessEmpty(reads)),
  output: node.output.map(unlessEmpty(values)),
});

/** The nodes under new names. */
export const renameNodes = (renaming: Renaming, nodes: readonly NodeProto[]): readonly NodeProto[] =>
  nodes.map((node) => renameNode(renaming, node));

/** The graph under new names: inputs, outputs, initializers, stated shapes and nodes. */
export const renameGraph = (renaming: Renaming, graph: GraphProto): GraphProto => {
  const { values, reads = values } = renaming;
  const named = <T extends { name: string }>(rename: Rename, list: readonly T[]): T[] =>
    list.map((each) => ({ ...each, name: unlessEmpty(rename)(each.name) }));
  return {
    ...graph,
    input: named(values, graph.input),
    initializer: named(values, graph.initializer),
    valueInfo: named(values, graph.valueInfo),
    node: [...renameNodes(renaming, graph.node)],
    output: named(reads, graph.output),
  };
};
