// Recording a Scan: an inner graph that runs once for each index of its inputs' first axis. Its results are stacked along a new axis.

import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema } from "../proto/onnx_pb.ts";
import { endInner, ownResults, startInner } from "./inner-graph.ts";
import { recordNode } from "./record-node.ts";
import type { Recording } from "./recording.ts";
import { checkRecorded, declare } from "./recording.ts";
import type { Value } from "../model/value.ts";
import { valueInfo } from "../model/value.ts";

/** Records the node and returns its outputs. */
export const recordScan = (
  recording: Recording,
  name: string,
  inputs: readonly Value[],
  body: (inner: Recording, slices: readonly Value[]) => readonly Value[],
): readonly Value[] => {
  const at = `scan "${name}"`;
  if (inputs.length === 0) throw new RangeError(`${at}: inputs must be at least one, got none`);
  for (const value of inputs) {
    checkRecorded(recording, at, value);
    if (value.dims?.length === 0)
      throw new RangeError(`${at}: an input must have an axis, got the scalar "${value.name}"`);
  }
  const inner = startInner(recording, name);
  const slices = inputs.map(({ type, dims }, index) =>
    declare(inner, at, { name: `${name}/slice_${index}`, type, dims: dims?.slice(1) }),
  );
  const results = ownResults(inner, at, name, body(inner, slices));
  endInner(recording, inner, at);
  const graph = create(GraphProtoSchema, {
    name,
    input: slices.map(valueInfo),
    node: inner.graph.node,
    output: results.map(valueInfo),
  });
  const outputs = results.map((_, index) => `${name}/output_${index}`);
  const attributes = { body: { graph }, num_scan_inputs: inputs.length };
  recordNode(recording, { opType: "Scan", domain: "", name, inputs, outputs, attributes });
  const steps = inputs.find(({ dims }) => dims !== undefined)?.dims?.[0];
  return results.map(({ type, dims }, index) => {
    const value = { name: outputs[index]!, type, dims: dims && [steps, ...dims] };
    recording.values.set(value.name, value);
    return value;
  });
};
