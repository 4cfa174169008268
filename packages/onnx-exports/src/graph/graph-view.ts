/** A graph to look around in: who makes a value, who takes it, and which values are constants. */
import {
  tensorToArray,
  valueOfInfo,
  type Budget,
  type GraphProto,
  type ModelProto,
  type NdArray,
  type NodeProto,
  type TensorProto,
  type Value,
} from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { nameOf } from "./name-of.ts";
import { sortNodes } from "./topology.ts";

export { nameOf };

export type GraphView = {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  /** The node that makes a value. */
  readonly maker: (name: string) => NodeProto | undefined;
  /** The nodes that take a value, in the order of the graph. */
  readonly takers: (name: string) => readonly NodeProto[];
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlySet<string>;
  readonly initializer: (name: string) => TensorProto | undefined;
  /** The tensor of a constant: an initializer or that of a Constant node. */
  readonly tensor: (name: string) => TensorProto | undefined;
  /** The elements of a constant in the model. */
  readonly constant: (name: string) => NdArray | undefined;
  /** What the graph says of a value's type and shape. */
  readonly info: (name: string) => Value | undefined;
  /** Nodes in an order in which each is behind those that it needs. */
  readonly sorted: (nodes: Iterable<NodeProto>) => readonly NodeProto[];
  /** Computes something once for all layers that ask for it by the same key. */
  readonly once: <T>(key: string, compute: () => T) => T;
  /** What running parts of the graph may still take: a few bytes of a file can ask for any size and any number of steps. */
  readonly budget: Budget;
};

const external = 1;

const defaultBudget = (): Budget => ({ maxElements: 2 ** 22, work: 2 ** 25 });

export const viewGraph = (model: ModelProto, budget: Budget = defaultBudget()): GraphView => {
  const graph = model.graph!;
  const makers = new Map<string, NodeProto>();
  const takers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const output of node.output) {
      if (output === "") continue;
      if (makers.has(output)) refuse(`a value must be made once, got "${output}" of ${nameOf(node)} again`);
      makers.set(output, node);
    }
    for (const input of new Set(node.input)) {
      if (input === "") continue;
      const known = takers.get(input);
      if (known) known.push(node);
      else takers.set(input, [node]);
    }
  }
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const infos = new Map(
    [...graph.input, ...graph.output, ...graph.valueInfo].map((info) => [info.name, valueOfInfo(info)]),
  );
  const computed = new Map<string, unknown>();
  const once = <T>(key: string, compute: () => T): T => {
    if (!computed.has(key)) computed.set(key, compute());
    return computed.get(key) as T;
  };
  const tensor = (name: string): TensorProto | undefined => {
    const node = makers.get(name);
    return node?.opType === "Constant"
      ? node.attribute.find((attribute) => attribute.name === "value")?.t
      : initializers.get(name);
  };
  const placesOf = (): ReadonlyMap<NodeProto, number> =>
    new Map(sortNodes(graph.node).map((node, place) => [node, place]));
  return {
    model,
    graph,
    maker: (name) => makers.get(name),
    takers: (name) => takers.get(name) ?? [],
    inputs: new Map(
      graph.input.filter(({ name }) => !initializers.has(name)).map((info) => [info.name, valueOfInfo(info)]),
    ),
    outputs: new Set(graph.output.map(({ name }) => name)),
    initializer: (name) => initializers.get(name),
    tensor,
    constant: (name) => {
      const found = tensor(name);
      return found && found.dataLocation !== external ? tensorToArray(found) : undefined;
    },
    info: (name) => infos.get(name),
    sorted: (nodes) => {
      const places = once("order of nodes", placesOf);
      return [...nodes].sort((a, b) => places.get(a)! - places.get(b)!);
    },
    once,
    budget,
  };
};
