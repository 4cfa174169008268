// A graph to look around in: who makes a value, who reads it, and which values are constants.

import type { NdArray } from "../arrays/nd-array.ts";
import { checkGraph } from "../model/check-graph.ts";
import { tensorToArray } from "../model/tensor.ts";
import type { Value } from "../model/value.ts";
import { valueOfInfo } from "../model/value.ts";
import type { GraphProto, NodeProto, TensorProto } from "../proto/onnx_pb.ts";
import { TensorProto_DataLocation } from "../proto/onnx_pb.ts";
import { makersOf } from "./sort.ts";

export type GraphView = {
  readonly graph: GraphProto;
  /** The inputs that a caller must give: those without an initializer of their name. */
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlySet<string>;
  /** The node that makes a value. */
  readonly maker: (name: string) => NodeProto | undefined;
  /** The nodes that have a value among their inputs, in the order of the graph. */
  readonly takers: (name: string) => readonly NodeProto[];
  readonly initializer: (name: string) => TensorProto | undefined;
  /** The tensor of a constant: an initializer, or the tensor of a Constant node. */
  readonly tensor: (name: string) => TensorProto | undefined;
  /** The elements of a constant in the model; undefined for tensors in files and for all other values. */
  readonly constant: (name: string) => NdArray | undefined;
  /** What the graph states of a value's type and shape. */
  readonly info: (name: string) => Value | undefined;
};

const takersOf = (nodes: readonly NodeProto[]): ReadonlyMap<string, readonly NodeProto[]> => {
  const takers = new Map<string, NodeProto[]>();
  for (const node of nodes)
    for (const name of new Set(node.input)) {
      const known = takers.get(name);
      if (known) known.push(node);
      else takers.set(name, [node]);
    }
  takers.delete("");
  return takers;
};

/** A view of a graph that does not change: an edited graph needs a view of its own. */
export const graphView = (graph: GraphProto): GraphView => {
  checkGraph("graphView", graph);
  const makers = makersOf(graph.node);
  const takers = takersOf(graph.node);
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const infos = new Map(
    [...graph.input, ...graph.output, ...graph.valueInfo].map((info) => [info.name, valueOfInfo(info)]),
  );
  const tensor = (name: string): TensorProto | undefined => {
    const node = makers.get(name);
    return node?.opType === "Constant"
      ? node.attribute.find((attribute) => attribute.name === "value")?.t
      : initializers.get(name);
  };
  return {
    graph,
    inputs: new Map(
      graph.input.filter(({ name }) => !initializers.has(name)).map((info) => [info.name, valueOfInfo(info)]),
    ),
    outputs: new Set(graph.output.map(({ name }) => name)),
    maker: (name) => makers.get(name),
    takers: (name) => takers.get(name) ?? [],
    initializer: (name) => initializers.get(name),
    tensor,
    constant: (name) => {
      const found = tensor(name);
      return found && found.dataLocation !== TensorProto_DataLocation.EXTERNAL ? tensorToArray(found) : undefined;
    },
    info: (name) => infos.get(name),
  };
};
