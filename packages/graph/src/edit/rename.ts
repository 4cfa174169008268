// Renaming values and nodes, also in the graphs inside nodes. An empty name leaves an optional input or output out, and stays empty.

import { checkFunction, checkKeys, optional, show } from "@ropewalk/check";
import { checkGraph, checkNodes } from "../model/check-graph.ts";
import { namesMade } from "../model/node.ts";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";
import { changeInner } from "./map.ts";

type Rename = (name: string) => string;

export type Renaming = {
  /** The new name of a value. */
  readonly values: Rename;
  /** The new name of a value where it is read, if that differs from where it is made. Absent: the same. */
  readonly reads?: Rename;
  /** The new name of a node. Absent: node names stay. */
  readonly nodes?: Rename;
};

type Renames = Required<Renaming>;

/** The renaming, checked, under which an empty name stays empty. */
const checked = (where: string, renaming: Renaming): Renames => {
  checkKeys<Renaming>(where, "renaming", renaming, {
    values: checkFunction,
    reads: optional(checkFunction),
    nodes: optional(checkFunction),
  });
  const { values, reads = values, nodes = (name) => name } = renaming;
  const to =
    (key: keyof Renaming, rename: Rename): Rename =>
    (name) => {
      if (name === "") return "";
      const renamed = rename(name);
      if (typeof renamed !== "string")
        throw new TypeError(`${where}: ${key} must return a name, got ${show(renamed)} for ${show(name)}`);
      return renamed;
    };
  return { values: to("values", values), reads: to("reads", reads), nodes: to("nodes", nodes) };
};

const renameNode = ({ values, reads, nodes }: Renames, node: NodeProto): NodeProto => ({
  ...changeInner((graph) => {
    // What a graph inside a node makes, it also reads under the name that it was given there.
    const made = namesMade(graph);
    return renameAll({ values, nodes, reads: (name) => (made.has(name) ? values : reads)(name) }, graph);
  }, node),
  name: nodes(node.name),
  input: node.input.map(reads),
  output: node.output.map(values),
});

const renameAll = (renames: Renames, graph: GraphProto): GraphProto => {
  const { values, reads } = renames;
  const named = <T extends { name: string }>(rename: Rename, list: readonly T[]): T[] =>
    list.map((each) => ({ ...each, name: rename(each.name) }));
  return {
    ...graph,
    input: named(values, graph.input),
    initializer: named(values, graph.initializer),
    valueInfo: named(values, graph.valueInfo),
    node: graph.node.map((node) => renameNode(renames, node)),
    output: named(reads, graph.output),
  };
};

/**
 * The nodes under new names.
 *
 * @throws TypeError when an argument, or what a function of the renaming returns, is none
 */
export const renameNodes = (renaming: Renaming, nodes: readonly NodeProto[]): readonly NodeProto[] => {
  const renames = checked("renameNodes", renaming);
  checkNodes("renameNodes", nodes);
  return nodes.map((node) => renameNode(renames, node));
};

/**
 * The graph under new names: inputs, outputs, initializers, stated shapes and nodes.
 *
 * @throws TypeError when an argument, or what a function of the renaming returns, is none
 */
export const renameGraph = (renaming: Renaming, graph: GraphProto): GraphProto => {
  const renames = checked("renameGraph", renaming);
  checkGraph("renameGraph", graph);
  return renameAll(renames, graph);
};
