// Running a small graph in float64, node by node: an oracle for tests. Floating-point results are not rounded to the
// width of their type, so two ways to write a formula agree to float64's precision.

import type { NdArray } from "./array.ts";
import { ndArray } from "./array.ts";
import { checkFeeds } from "./feeds.ts";
import type { FixedShapes } from "./ops/operator.ts";
import { knownCall } from "./ops/operator.ts";
import { domainOf, findOperator } from "./ops/table.ts";
import type { GraphProto, ModelProto, NodeProto } from "./proto/onnx_pb.ts";
import { TensorProto_DataLocation } from "./proto/onnx_pb.ts";
import { tensorToArray } from "./tensor.ts";

type Environment = Map<string, NdArray>;

const inputsOf = ({ opType, name, input }: NodeProto, environment: Environment): readonly (NdArray | undefined)[] =>
  input.map((value) => {
    const array = environment.get(value);
    if (array === undefined && value !== "")
      throw new RangeError(
        `evaluate: ${opType} "${name}" must have inputs that are computed before it, got "${value}"`,
      );
    return array;
  });

/** Runs the arm that the condition asks for. */
const runBranch = (node: NodeProto, environment: Environment): void => {
  const [condition] = inputsOf(node, environment);
  const arm = node.attribute.find(({ name }) => name === (condition?.data[0] ? "then_branch" : "else_branch"))?.g;
  if (arm === undefined) throw new RangeError(`evaluate: If "${node.name}" must have both arms, got one`);
  const inner: Environment = new Map([
    ...environment,
    ...arm.initializer.map((tensor) => [tensor.name, tensorToArray(tensor)] as const),
  ]);
  for (const one of arm.node) run(one, inner);
  for (const [index, value] of node.output.entries()) {
    const result = inner.get(arm.output[index]?.name ?? "");
    if (result === undefined)
      throw new RangeError(`evaluate: If "${node.name}" must make output ${index} in both arms, got "${value}" unmade`);
    environment.set(value, result);
  }
};

/** What a graph inside a node gives. */
const runBody = (body: GraphProto, inner: Environment): readonly NdArray[] => {
  for (const one of body.node) run(one, inner);
  return body.output.map(({ name }) => inner.get(name)!);
};

/** Arrays of one shape along a new first axis; undefined without any. */
const stack = (arrays: readonly NdArray[]): NdArray | undefined => {
  const [first] = arrays;
  const data = arrays.flatMap((array) => [...array.data]);
  return first && ndArray(first.type, [arrays.length, ...first.dims], data);
};

/** Runs the body for each index of the inputs' first axis, and stacks what it gives. */
const runScan = (node: NodeProto, environment: Environment): void => {
  const inputs = inputsOf(node, environment) as readonly NdArray[];
  const body = node.attribute.find(({ name }) => name === "body")?.g;
  const steps = new Set(inputs.map(({ dims }) => dims[0]));
  const [count] = steps;
  if (body === undefined || count === undefined || steps.size !== 1 || body.input.length !== inputs.length)
    throw new RangeError(
      `evaluate: Scan "${node.name}" must have a body and inputs of one first size, all of them scanned, got sizes ${[...steps].join(" and ")}`,
    );
  const results = Array.from({ length: count }, (_, step) => {
    const inner: Environment = new Map(environment);
    inputs.forEach(({ type, dims: [, ...dims], data }, index) => {
      const size = data.length / count;
      inner.set(body.input[index]!.name, ndArray(type, dims, data.subarray(step * size, (step + 1) * size)));
    });
    return runBody(body, inner);
  });
  for (const [index, value] of node.output.entries())
    environment.set(value, stack(results.map((given) => given[index]!))!);
};

/** Runs the body on what it carried on, while its condition holds; stacks what it gives besides. */
const runLoop = (node: NodeProto, environment: Environment): void => {
  const [steps, condition, ...first] = inputsOf(node, environment);
  const body = node.attribute.find(({ name }) => name === "body")?.g;
  if (body === undefined || body.input.length !== 2 + first.length)
    throw new RangeError(
      `evaluate: Loop "${node.name}" must have a body with two inputs more than carried values, got ${body?.input.length} and ${first.length}`,
    );
  const [step, going, ...names] = body.input.map(({ name }) => name);
  let carried = first as readonly NdArray[];
  let goes = condition?.data[0] !== 0;
  const stacked: NdArray[][] = [];
  for (let count = 0; goes && count < (steps?.data[0] ?? Infinity); count++) {
    const inner: Environment = new Map(environment);
    inner.set(step!, ndArray("int64", [], [count]));
    inner.set(going!, ndArray("bool", [], [1]));
    names.forEach((name, index) => inner.set(name, carried[index]!));
    const [next, ...results] = runBody(body, inner);
    goes = next!.data[0] !== 0;
    carried = results.slice(0, names.length);
    stacked.push(results.slice(names.length));
  }
  for (const [index, value] of node.output.entries()) {
    const result = carried[index] ?? stack(stacked.map((given) => given[index - names.length]!));
    if (result === undefined)
      throw new RangeError(
        `evaluate: Loop "${node.name}" must be run once to tell the shape of "${value}", got 0 runs`,
      );
    environment.set(value, result);
  }
};

const run = (node: NodeProto, environment: Environment): void => {
  const { opType, domain, name, attribute: attributes, output } = node;
  if (opType === "If" && domainOf(domain) === "") return runBranch(node, environment);
  if (opType === "Scan" && domainOf(domain) === "") return runScan(node, environment);
  if (opType === "Loop" && domainOf(domain) === "") return runLoop(node, environment);
  const operator = findOperator(domain, opType);
  if (operator === undefined)
    throw new RangeError(
      `evaluate: an operator must be one that graph knows, got ${domain ? `${domain}:` : ""}${opType} in node "${name}"`,
    );
  const call = {
    opType,
    name,
    inputs: inputsOf(node, environment),
    attributes,
    numOutputs: output.length,
  };
  // With every element known, inference tells type and shape of every output.
  const shapes = operator.infer(knownCall(call)) as FixedShapes;
  const results = operator.evaluate(call, shapes);
  for (const [i, value] of output.entries()) {
    const [shape, data] = [shapes[i], results[i]];
    if (value === "") continue;
    if (shape === undefined || data === undefined)
      throw new RangeError(
        `evaluate: ${opType} "${name}" must have at most ${results.length} outputs, got ${output.length}`,
      );
    environment.set(value, ndArray(shape.type, shape.dims, data));
  }
};

/**
 * The outputs of a graph for these inputs, computed in float64 in plain loops (slow). Feeds are the graph's inputs, and
 * the initializers whose elements are in a file.
 *
 * @throws RangeError for a missing, unknown or misshapen feed, for an operator that is not known here (by name), and
 * when inputs of a node contradict the operator's rule.
 */
export const evaluate = (
  model: ModelProto,
  feeds: Readonly<Record<string, NdArray>>,
): Readonly<Record<string, NdArray>> => {
  const { graph } = model;
  if (graph === undefined) throw new RangeError("evaluate: a model must have a graph");
  checkFeeds(graph, feeds);
  const inModel = graph.initializer.filter(({ dataLocation }) => dataLocation !== TensorProto_DataLocation.EXTERNAL);
  const environment: Environment = new Map([
    ...inModel.map((tensor) => [tensor.name, tensorToArray(tensor)] as const),
    ...Object.entries(feeds),
  ]);
  for (const node of graph.node) run(node, environment);
  return Object.fromEntries(
    graph.output.map(({ name }) => {
      const array = environment.get(name);
      if (array === undefined) throw new RangeError(`evaluate: an output must be computed in the graph, got "${name}"`);
      return [name, array];
    }),
  );
};
