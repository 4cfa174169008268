/** Finds the node that makes a value. */
import type { NodeProto } from "../proto/onnx_pb.ts";
import type { Recording } from "../record/recording.ts";
import type { Value } from "../model/value.ts";

/** Undefined for inputs and initializers. */
export type MakerOf = (value: Value) => NodeProto | undefined;

/** The makers of a list of nodes that may grow between calls. */
export const makersIn = ({ graph }: Recording): MakerOf => {
  const makers = new Map<string, NodeProto>();
  let known = 0;
  return ({ name }) => {
    for (; known < graph.node.length; known++)
      for (const output of graph.node[known]!.output) makers.set(output, graph.node[known]!);
    return makers.get(name);
  };
};
