// Recording a Loop: an inner graph that runs on the values that its last run carried on, while its condition holds.

import { create } from "@bufbuild/protobuf";
import { checkKeys } from "@ropewalk/check";
import { formatDims, sameDim } from "../arrays/dims.ts";
import { GraphProtoSchema } from "../proto/onnx_pb.ts";
import { endInner, ownResults, startInner } from "./inner-graph.ts";
import { recordNode } from "./record-node.ts";
import type { Recording } from "./recording.ts";
import { checkRecorded, declare } from "./recording.ts";
import type { Value } from "../model/value.ts";
import { valueInfo } from "../model/value.ts";

export type LoopConfig = {
  /** int64, one element: the largest number of runs. */
  readonly steps: Value;
  /** The values that the first run gets. A size that changes from run to run must not be a number here. */
  readonly carried: readonly Value[];
};

export type LoopStep = {
  /** bool, one element: whether another run follows. */
  readonly condition: Value;
  /** The values that the next run gets, of the same number, types and sizes. */
  readonly carried: readonly Value[];
  /** Values that are stacked along a new first axis, one index per run. */
  readonly stacked?: readonly Value[];
};

export type LoopResult = { readonly carried: readonly Value[]; readonly stacked: readonly Value[] };

const shown = ({ type, dims }: Value): string => `${type ?? "?"}${formatDims(dims)}`;

const keeps = (before: Value, after: Value): boolean =>
  (before.type === undefined || after.type === undefined || before.type === after.type) &&
  (before.dims === undefined ||
    after.dims === undefined ||
    (before.dims.length === after.dims.length &&
      before.dims.every((dim, axis) => sameDim(dim, after.dims![axis]) !== null)));

const checkStep = (at: string, before: readonly Value[], step: LoopStep): void => {
  checkKeys<LoopStep>(at, "what the body gives", step, { condition: true, carried: true, stacked: true });
  const { condition, carried } = step;
  if (condition.type !== undefined && condition.type !== "bool")
    throw new RangeError(`${at}: a condition must be bool, got ${condition.type}`);
  if (carried.length !== before.length)
    throw new RangeError(
      `${at}: the body must carry on as many values as it is given, got ${carried.length} of ${before.length}`,
    );
  before.forEach((value, index) => {
    if (!keeps(value, carried[index]!))
      throw new RangeError(
        `${at}: carried value ${index} must keep its type and sizes, got ${shown(carried[index]!)} after ${shown(value)}`,
      );
  });
};

/** Records the node and returns the values that the last run carried on, and the stacked values of all runs. */
export const recordLoop = (
  recording: Recording,
  name: string,
  { steps, carried }: LoopConfig,
  body: (inner: Recording, step: Value, carried: readonly Value[]) => LoopStep,
): LoopResult => {
  const at = `loop "${name}"`;
  for (const value of [steps, ...carried]) checkRecorded(recording, at, value);
  if (steps.type !== undefined && steps.type !== "int64")
    throw new RangeError(`${at}: steps must be int64, got ${steps.type}`);
  const inner = startInner(recording, name);
  const step = declare(inner, at, { name: `${name}/step`, type: "int64", dims: [] });
  const going = declare(inner, at, { name: `${name}/going`, type: "bool", dims: [] });
  const given = carried.map(({ type, dims }, index) =>
    declare(inner, at, { name: `${name}/carried_${index}`, type, dims }),
  );
  const next = body(inner, step, given);
  checkStep(at, given, next);
  const results = ownResults(inner, at, name, [next.condition, ...next.carried, ...(next.stacked ?? [])]);
  endInner(recording, inner, at);
  const graph = create(GraphProtoSchema, {
    name,
    input: [step, going, ...given].map(valueInfo),
    node: inner.graph.node,
    output: results.map(valueInfo),
  });
  const outputs = results.slice(1).map((_, index) => `${name}/output_${index}`);
  // Without a condition before the first run, the first run takes place.
  const inputs = [steps, undefined, ...carried];
  recordNode(recording, { opType: "Loop", domain: "", name, inputs, outputs, attributes: { body: { graph } } });
  const values = outputs.map((output, index): Value => {
    const { type, dims } = results[index + 1]!;
    const value =
      index < carried.length
        ? { name: output, type: type ?? given[index]!.type, dims: given[index]!.dims }
        : { name: output, type, dims: dims && [undefined, ...dims] };
    recording.values.set(output, value);
    return value;
  });
  return { carried: values.slice(0, carried.length), stacked: values.slice(carried.length) };
};
