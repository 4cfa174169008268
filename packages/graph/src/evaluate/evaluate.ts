// Running a small graph in float64, node by node: an oracle for tests, and a way to understand a graph that somebody else wrote.
// Floating-point results are not rounded to the width of their type, so two ways to write a formula agree to float64's
// precision.

import { check } from "@ropewalk/check";
import type { NdArray } from "../arrays/nd-array.ts";
import type { Budget } from "./budget.ts";
import { checkExtent, defaultBudget, extentOf, spend } from "./budget.ts";
import { formatDims, sizeOf } from "../arrays/dims.ts";
import { fail } from "../fail.ts";
import { checkFeeds } from "./check-feeds.ts";
import { runBranch, runLoop, runScan } from "./control-flow.ts";
import type { FixedShapes } from "../operators/operator.ts";
import { knownCall } from "../operators/operator.ts";
import { domainOf, findOperator } from "../operators/table.ts";
import type { GraphProto, ModelProto, NodeProto } from "../proto/onnx_pb.ts";
import { TensorProto_DataLocation } from "../proto/onnx_pb.ts";
import { lastUses } from "./last-uses.ts";
import type { Run, Scope } from "./scope.ts";
import { give, inputsOf, labelOf } from "./scope.ts";
import { checkIsModel } from "../model/check-graph.ts";
import { tensorToArray } from "../model/tensor.ts";

const runOperator = (node: NodeProto, scope: Scope): void => {
  const { opType, domain, name, attribute: attributes, output } = node;
  const at = labelOf(node);
  const operator = findOperator(domain, opType);
  if (operator === undefined)
    return fail(
      `evaluate: an operator must be one that graph knows, got ${domain ? `${domain}:` : ""}${opType} in node "${name}"`,
    );
  const call = { opType, name, inputs: inputsOf(node, scope), attributes, numOutputs: output.length };
  // All elements are known, so inference gives the type and shape of every output.
  const shapes = operator.infer(knownCall(call)) as FixedShapes;
  const given = shapes.slice(0, output.length);
  for (const { dims } of given) checkExtent(scope.budget, at, dims, scope.alive);
  const sizes = given.reduce((sum, { dims }) => sum + extentOf(dims), 0);
  const read = call.inputs.reduce((sum, array) => sum + (array?.data.length ?? 0), 0);
  const more = operator.work?.(call, shapes) ?? 0;
  spend(scope.budget, at, (1 + call.inputs.length) * sizes + read + more);
  const results = operator.evaluate(call, shapes);
  for (const [i, value] of output.entries()) {
    const [shape, data] = [shapes[i], results[i]];
    if (value === "") continue;
    if (shape === undefined || data === undefined)
      return fail(`evaluate: ${at} must have at most ${results.length} outputs, got ${output.length}`);
    if (data.length !== sizeOf(shape.dims))
      return fail(`evaluate: ${at} must fill ${formatDims(shape.dims)}, got ${data.length} elements`);
    give(scope, value, { type: shape.type, dims: shape.dims, data });
  }
};

const controlFlow: Readonly<Record<string, (node: NodeProto, scope: Scope, run: Run) => void>> = {
  If: runBranch,
  Scan: runScan,
  Loop: runLoop,
};

const run: Run = (node, scope) => {
  // Handling a node, an input or an output takes as long as some dozens of elements.
  spend(scope.budget, labelOf(node), 64 * (1 + node.input.length + node.output.length));
  const inner =
    domainOf(node.domain) === "" && Object.hasOwn(controlFlow, node.opType) ? controlFlow[node.opType] : undefined;
  try {
    if (inner) inner(node, scope, run);
    else runOperator(node, scope);
  } catch (cause) {
    // Operators rely on inputs being as the standard says; the inputs in a file may be otherwise.
    if (cause instanceof RangeError && /^[\w.]+( ".*")?: /s.test(cause.message)) throw cause;
    fail(
      `evaluate: ${labelOf(node)} must have inputs and attributes as ONNX defines them, got others (${String(cause)})`,
    );
  }
};

const runGraph = ({ node: nodes, output }: GraphProto, scope: Scope): void => {
  const uses = lastUses(
    nodes,
    output.map(({ name }) => name),
  );
  for (const [index, node] of nodes.entries()) {
    run(node, scope);
    for (const name of uses.get(index) ?? []) {
      scope.alive -= scope.made.get(name) ?? 0;
      scope.values.delete(name);
    }
  }
};

/**
 * The outputs of a graph for these inputs, computed in float64 in plain loops (slow). Feeds are the graph's inputs, and
 * the initializers whose elements are in a file.
 *
 * @param budget - the elements and steps it may use; several evaluations may share one budget. Absent: 2^27 elements at once and 2^30 steps
 * @throws RangeError for a missing, unknown or misshapen feed, for an operator that is not known here (by name), when
 * inputs of a node contradict the operator's rule, and when the budget is exceeded; the last three name the node.
 */
export const evaluate = (
  model: ModelProto,
  feeds: Readonly<Record<string, NdArray>>,
  budget: Budget = defaultBudget(),
): Readonly<Record<string, NdArray>> => {
  checkIsModel("evaluate", model);
  const { graph } = model;
  check(graph !== undefined, "evaluate: a model must have a graph", "none");
  checkFeeds(graph, feeds);
  const scope: Scope = { values: new Map(Object.entries(feeds)), made: new Map(), alive: 0, budget };
  for (const [name, { dims }] of scope.values) checkExtent(budget, `feed "${name}"`, dims, 0);
  for (const tensor of graph.initializer)
    if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL && !scope.values.has(tensor.name)) {
      checkExtent(budget, `tensor "${tensor.name}"`, tensor.dims.map(Number), 0);
      scope.values.set(tensor.name, tensorToArray(tensor));
    }
  runGraph(graph, scope);
  return Object.fromEntries(
    graph.output.map(({ name }) => [
      name,
      scope.values.get(name) ?? fail(`evaluate: an output must be computed in the graph, got "${name}"`),
    ]),
  );
};
