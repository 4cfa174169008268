// Checks of graphs and nodes as arguments: that they are messages of the ONNX format, not what they say.

import { show } from "@ropewalk/check";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";

const has = (value: unknown, lists: readonly string[]): boolean =>
  typeof value === "object" &&
  value !== null &&
  lists.every((list) => Array.isArray((value as Readonly<Record<string, unknown>>)[list]));

const whole = ["node", "input", "output", "initializer", "valueInfo"] as const satisfies readonly (keyof GraphProto)[];

/** @param lists - the parts of the graph that are read */
export const checkGraph = (where: string, graph: unknown, lists: readonly (keyof GraphProto)[] = whole): void => {
  if (has(graph, lists)) return;
  const isModel = has(graph, ["opsetImport"]);
  throw new TypeError(
    `${where}: graph must be a graph, such as the graph of a model, got ${isModel ? "the model" : show(graph)}`,
  );
};

const wholeNode = ["input", "output", "attribute"] as const satisfies readonly (keyof NodeProto)[];

/** @param lists - the parts of the node that are read */
export const checkNode = (where: string, node: unknown, lists: readonly (keyof NodeProto)[] = wholeNode): void => {
  if (!has(node, lists)) throw new TypeError(`${where}: node must be a node, got ${show(node)}`);
};

export const checkNodes = (where: string, nodes: unknown): void => {
  if (!Array.isArray(nodes)) throw new TypeError(`${where}: nodes must be a list of nodes, got ${show(nodes)}`);
  const wrong = nodes.findIndex((node) => !has(node, wholeNode));
  if (wrong >= 0) throw new TypeError(`${where}: nodes[${wrong}] must be a node, got ${show(nodes[wrong])}`);
};

export const checkIsModel = (where: string, model: unknown): void => {
  if (has(model, ["opsetImport"])) return;
  const instead = has(model, ["node"]) ? "a graph" : show(model);
  throw new TypeError(`${where}: model must be a model, as decode and the model() of a tape give it, got ${instead}`);
};
