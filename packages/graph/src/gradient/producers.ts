/** Which node computes a value. */
import type { NodeProto } from "../proto/onnx_pb.ts";
import type { Recording } from "../record/recording.ts";
import type { Value } from "../model/value.ts";

/** Undefined for inputs and initializers. */
export type ProducerOf = (value: Value) => NodeProto | undefined;

/** Nodes may be recorded between calls. */
export const producersOf = ({ graph }: Recording): ProducerOf => {
  const producers = new Map<string, NodeProto>();
  let known = 0;
  return ({ name }) => {
    for (; known < graph.node.length; known++)
      for (const output of graph.node[known]!.output) producers.set(output, graph.node[known]!);
    return producers.get(name);
  };
};
