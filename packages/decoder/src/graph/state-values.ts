/** States the types and shapes of a graph's values, as far as they are known, for whoever cuts the graph: each part has to declare what it reads. */
import { valueInfo, type GraphProto, type Value } from "@ropewalk/graph";

/** @param valueOf - the value of a name, with its type and shape, as it was recorded */
export const stateValues = (graph: GraphProto, valueOf: (name: string) => Value | undefined): GraphProto => {
  const declared = new Set([...graph.input, ...graph.output].map(({ name }) => name));
  const stated = graph.node
    .flatMap(({ output }) => output)
    .flatMap((name) => (declared.has(name) ? [] : [valueOf(name)]))
    .filter((value) => value?.type !== undefined);
  return { ...graph, valueInfo: stated.map((value) => valueInfo(value!)) };
};
