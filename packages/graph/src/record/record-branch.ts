// Recording an If: a node with two inner graphs, one of which is run. Both read every value that was recorded before the node.

import { create } from "@bufbuild/protobuf";
import type { Dim } from "../arrays/dims.ts";
import type { GraphProto } from "../proto/onnx_pb.ts";
import { GraphProtoSchema } from "../proto/onnx_pb.ts";
import { endInner, ownResults, startInner } from "./inner-graph.ts";
import { recordNode } from "./record-node.ts";
import type { Recording } from "./recording.ts";
import type { Value } from "../model/value.ts";
import { valueInfo } from "../model/value.ts";

type Arm = { readonly graph: GraphProto; readonly results: readonly Value[] };

const recordArm = (outer: Recording, at: string, name: string, record: (inner: Recording) => readonly Value[]): Arm => {
  const inner = startInner(outer, name);
  const results = ownResults(inner, at, name, record(inner));
  endInner(outer, inner, at);
  return { graph: create(GraphProtoSchema, { name, node: inner.graph.node, output: results.map(valueInfo) }), results };
};

/** The sizes that two shapes agree on. */
const agreed = (a: readonly Dim[] | undefined, b: readonly Dim[] | undefined): readonly Dim[] | undefined =>
  a?.length === b?.length ? a?.map((dim, axis) => (dim === b![axis] ? dim : undefined)) : undefined;

/** Records the node and returns its outputs, of the type and sizes that both arms agree on. */
export const recordBranch = (
  recording: Recording,
  name: string,
  condition: Value,
  arms: Readonly<Record<"whenTrue" | "whenFalse", (inner: Recording) => readonly Value[]>>,
): readonly Value[] => {
  const at = `branch "${name}"`;
  const yes = recordArm(recording, at, `${name}/true`, arms.whenTrue);
  const no = recordArm(recording, at, `${name}/false`, arms.whenFalse);
  const [many, few] = [yes.results.length, no.results.length];
  if (many !== few || many === 0)
    throw new RangeError(`${at}: both arms must give as many values, at least one, got ${many} and ${few}`);
  yes.results.forEach(({ type }, index) => {
    const other = no.results[index]!.type;
    if (type !== other && type !== undefined && other !== undefined)
      throw new RangeError(`${at}: both arms must give value ${index} in one type, got ${type} and ${other}`);
  });
  const outputs = yes.results.map((_, index) => `${name}/output_${index}`);
  const attributes = { then_branch: { graph: yes.graph }, else_branch: { graph: no.graph } };
  recordNode(recording, { opType: "If", domain: "", name, inputs: [condition], outputs, attributes });
  return yes.results.map(({ type, dims }, index) => {
    const other = no.results[index]!;
    const value = { name: outputs[index]!, type: type ?? other.type, dims: agreed(dims, other.dims) };
    recording.values.set(value.name, value);
    return value;
  });
};
