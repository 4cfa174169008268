/** Matrices that a graph has the other way round: (xᵀ)ᵀ = x, which takes no time. */
import { intsAttribute } from "../operators/read-attributes.ts";
import { domainOf } from "../operators/table.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";
import type { Recording } from "../record/recording.ts";
import type { Value } from "../messages/value.ts";

/** Whether axes stay where they are but for the last two, which are exchanged. */
export const turnsLastTwo = (perm: readonly number[]): boolean =>
  perm.length >= 2 && perm.every((from, axis) => from === (axis < perm.length - 2 ? axis : 2 * perm.length - 3 - axis));

/** Where an operator's axes come from; a Transpose without them exchanges all. */
export const permOf = (call: Parameters<typeof intsAttribute>[0], rank: number): readonly number[] =>
  intsAttribute(call, "perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);

/** Gives the value whose last two axes a Transpose exchanged, undefined for any other. Nodes may be recorded between calls. */
export const turnsOf = ({ graph, values }: Recording): ((value: Value) => Value | undefined) => {
  const producers = new Map<string, NodeProto>();
  let known = 0;
  return ({ name, dims }) => {
    for (; known < graph.node.length; known++)
      for (const output of graph.node[known]!.output) producers.set(output, graph.node[known]!);
    const node = producers.get(name);
    if (node === undefined || node.opType !== "Transpose" || domainOf(node.domain) !== "" || dims === undefined)
      return undefined;
    const call = { opType: node.opType, name: node.name, attributes: node.attribute, inputs: [], numOutputs: 1 };
    return turnsLastTwo(permOf(call, dims.length)) ? values.get(node.input[0]!) : undefined;
  };
};
