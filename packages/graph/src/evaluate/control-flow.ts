// Evaluating the nodes that contain graphs: If, Scan and Loop. An inner graph reads every value of the graph around it.

import type { NdArray } from "../arrays/nd-array.ts";
import { ndArray } from "../arrays/nd-array.ts";
import { checkExtent, spend } from "./budget.ts";
import { fail } from "../fail.ts";
import type { GraphProto, NodeProto } from "../proto/onnx_pb.ts";
import type { Run, Scope } from "./scope.ts";
import { give, inputsOf, labelOf } from "./scope.ts";
import { tensorToArray } from "../model/tensor.ts";

const graphOf = ({ attribute }: NodeProto, name: string): GraphProto | undefined =>
  attribute.find((one) => one.name === name)?.g;

/** The outputs of one run of an inner graph. */
const runInside = (
  node: NodeProto,
  body: GraphProto,
  given: Iterable<readonly [string, NdArray]>,
  outer: Scope,
  run: Run,
) => {
  const at = labelOf(node);
  // Each run copies the names of the graph around it.
  spend(outer.budget, at, 8 * (outer.values.size + body.initializer.length));
  const values = new Map([...outer.values, ...given]);
  for (const tensor of body.initializer) {
    checkExtent(outer.budget, at, tensor.dims.map(Number), outer.alive);
    const array = tensorToArray(tensor);
    spend(outer.budget, at, array.data.length);
    values.set(tensor.name, array);
  }
  const inner: Scope = { values, made: new Map(), alive: outer.alive, budget: outer.budget };
  for (const one of body.node) run(one, inner);
  return body.output.map(
    ({ name }) =>
      inner.values.get(name) ?? fail(`evaluate: ${at} must make the outputs of its graphs, got "${name}" unmade`),
  );
};

/** Runs the arm that the condition asks for. */
export const runBranch = (node: NodeProto, scope: Scope, run: Run): void => {
  const [condition] = inputsOf(node, scope);
  const arm = graphOf(node, condition?.data[0] ? "then_branch" : "else_branch");
  if (arm === undefined) return fail(`evaluate: ${labelOf(node)} must have both arms, got one`);
  const results = runInside(node, arm, [], scope, run);
  for (const [index, value] of node.output.entries()) {
    const result = results[index];
    if (result === undefined)
      return fail(`evaluate: ${labelOf(node)} must make output ${index} in both arms, got "${value}" unmade`);
    if (value !== "") give(scope, value, result);
  }
};

/** Stacks arrays of one shape along a new first axis; undefined for no arrays. */
const stack = (at: string, scope: Scope, arrays: readonly NdArray[]): NdArray | undefined => {
  const [first] = arrays;
  if (first === undefined) return undefined;
  const [dims, size] = [[arrays.length, ...first.dims], first.data.length];
  checkExtent(scope.budget, at, dims, scope.alive);
  spend(scope.budget, at, arrays.length * size);
  const data = new Float64Array(arrays.length * size);
  for (const [index, array] of arrays.entries()) {
    if (array.dims.length !== first.dims.length || array.dims.some((dim, axis) => dim !== first.dims[axis]))
      return fail(
        `evaluate: ${at} must stack results of one shape, got [${first.dims.join()}] and [${array.dims.join()}]`,
      );
    data.set(array.data, index * size);
  }
  return ndArray(first.type, dims, data);
};

const elementsOf = (arrays: readonly NdArray[]): number => arrays.reduce((sum, { data }) => sum + data.length, 0);

/** Runs the body for each index of the inputs' first axis, and stacks its outputs. */
export const runScan = (node: NodeProto, scope: Scope, run: Run): void => {
  const at = labelOf(node);
  const inputs = inputsOf(node, scope) as readonly NdArray[];
  const body = graphOf(node, "body");
  const steps = new Set(inputs.map((array) => array?.dims[0]));
  const [count] = steps;
  if (body === undefined || count === undefined || steps.size !== 1 || body.input.length !== inputs.length)
    return fail(
      `evaluate: ${at} must have a body and inputs of one first size, all of them scanned, got sizes ${[...steps].slice(0, 8).join(" and ")}`,
    );
  const results: (readonly NdArray[])[] = [];
  const before = scope.alive;
  for (let step = 0; step < count; step++) {
    const slices = inputs.map(({ type, dims: [, ...dims], data }, index) => {
      const size = data.length / count;
      return [body.input[index]!.name, ndArray(type, dims, data.subarray(step * size, (step + 1) * size))] as const;
    });
    const given = runInside(node, body, slices, scope, run);
    scope.alive += elementsOf(given);
    results.push(given);
  }
  scope.alive = before;
  for (const [index, value] of node.output.entries()) {
    if (results.some((given) => given[index] === undefined))
      return fail(`evaluate: ${at} must have at most ${body.output.length} outputs, got ${node.output.length}`);
    const stacked = stack(
      at,
      scope,
      results.map((given) => given[index]!),
    );
    if (stacked === undefined)
      return fail(`evaluate: ${at} must be run once to tell the shape of "${value}", got 0 runs`);
    give(scope, value, stacked);
  }
};

/** Runs the body on the carried values while its condition holds, and stacks its further outputs. */
export const runLoop = (node: NodeProto, scope: Scope, run: Run): void => {
  const at = labelOf(node);
  const [steps, condition, ...first] = inputsOf(node, scope);
  const body = graphOf(node, "body");
  if (body === undefined || body.input.length !== 2 + first.length || body.output.length < 1 + first.length)
    return fail(
      `evaluate: ${at} must have a body with two inputs more than carried values, got ${body?.input.length} and ${first.length}`,
    );
  const [step, going, ...names] = body.input.map(({ name }) => name);
  let carried = first as readonly NdArray[];
  let goes = condition?.data[0] !== 0;
  const stacked: (readonly NdArray[])[] = [];
  const before = scope.alive;
  let kept = 0;
  for (let count = 0; goes && count < (steps?.data[0] ?? Infinity); count++) {
    const given = [
      [step!, ndArray("int64", [], [count])] as const,
      [going!, ndArray("bool", [], [1])] as const,
      ...names.map((name, index) => [name, carried[index]!] as const),
    ];
    const [next, ...results] = runInside(node, body, given, scope, run);
    goes = next!.data[0] !== 0;
    carried = results.slice(0, names.length);
    const besides = results.slice(names.length);
    stacked.push(besides);
    kept += elementsOf(besides);
    scope.alive = before + kept + elementsOf(carried);
  }
  scope.alive = before;
  for (const [index, value] of node.output.entries()) {
    if (index >= body.output.length - 1)
      return fail(`evaluate: ${at} must have at most ${body.output.length - 1} outputs, got ${node.output.length}`);
    const result =
      carried[index] ??
      stack(
        at,
        scope,
        stacked.map((given) => given[index - names.length]!),
      );
    if (result === undefined)
      return fail(`evaluate: ${at} must be run once to tell the shape of "${value}", got 0 runs`);
    if (value !== "") give(scope, value, result);
  }
};
