// Nodes: an operator with the names of its inputs and outputs.

import { create } from "@bufbuild/protobuf";
import { check, checkKeys, show } from "@ropewalk/check";
import type { Attribute } from "./attribute.ts";
import { attribute } from "./attribute.ts";
import { checkGraph, checkNode } from "./check-graph.ts";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";
import { NodeProtoSchema } from "../proto/onnx_pb.ts";

export type NodeOptions = {
  /** Domain of the operator, e.g. `com.microsoft`; absent: ONNX's own. */
  readonly domain?: string;
  /** Name of the node. */
  readonly name?: string;
};

/** A node by hand, for graphs that were not recorded on a tape. An empty input name leaves an optional input out. */
export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  options: NodeOptions = {},
): NodeProto => {
  checkKeys<NodeOptions>("node", "options", options, { domain: true, name: true });
  check(typeof opType === "string", "node: opType must be the name of an operator", opType, "string");
  for (const [key, names] of Object.entries({ input, output }))
    if (!Array.isArray(names) || names.some((each) => typeof each !== "string"))
      throw new TypeError(`node: ${key} must be a list of names, got ${show(names)}`);
  const { domain = "", name = "" } = options;
  return create(NodeProtoSchema, {
    opType,
    domain,
    name,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  });
};

/** A node as errors name it: where it has no name of its own, by what it makes. */
export const nodeInWords = ({ name, opType, output }: NodeProto): string => {
  if (name !== "") return `node "${name}" (${opType})`;
  const made = output.filter((each) => each !== "").map((each) => `"${each}"`);
  return `the node without a name (${opType}) that makes ${made.join(", ") || "nothing"}`;
};

/** The graphs inside a node: the arms of an If, the body of a Loop or a Scan. */
export const innerGraphs = (around: Pick<NodeProto, "attribute">): readonly GraphProto[] => {
  checkNode("innerGraphs", around, ["attribute"]);
  return around.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
};

/** The names that a graph itself makes: its inputs, its initializers and the results of its nodes. */
export const namesMade = (graph: Pick<GraphProto, "input" | "initializer" | "node">): ReadonlySet<string> => {
  checkGraph("namesMade", graph, ["input", "initializer", "node"]);
  const { input, initializer, node: nodes } = graph;
  return new Set([...[...input, ...initializer].map(({ name }) => name), ...nodes.flatMap(({ output }) => output)]);
};

/** The names that a node reads from the graph around it: its inputs, and what the graphs inside it read and do not make. */
export const namesRead = (reader: NodeProto): readonly string[] => {
  checkNode("namesRead", reader);
  const names = [...reader.input];
  for (const graph of innerGraphs(reader)) {
    const made = namesMade(graph);
    const read = [...graph.node.flatMap(namesRead), ...graph.output.map(({ name }) => name)];
    for (const name of read) if (!made.has(name)) names.push(name);
  }
  return names;
};
