/** Finds the node that computes a value. */
import type { NodeProto } from "../proto/onnx_pb.ts";
import type { Recording } from "../record/recording.ts";
import type { Value } from "../model/value.ts";

/** Undefined for inputs and initializers. */
export type ProducerOf = (value: Value) => NodeProto | undefined;

/** The producers of a list of nodes that may grow between calls. */
export const producersOf = ({ graph }: Recording): ProducerOf => {
  const producers = new Map<string, NodeProto>();
  let known = 0;
  return ({ name }) => {
    for (; known < graph.node.length; known++)
      for (const output of graph.node[known]!.output) producers.set(output, graph.node[known]!);
    return producers.get(name);
  };
};
