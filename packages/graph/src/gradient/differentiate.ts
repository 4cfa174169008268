/**
 * Reverse-mode differentiation of a graph. From the loss back, each node turns the gradient of its result into those of its inputs by
 * the chain rule,
 *
 *   dL/dx = Σ over the nodes y = f(x, …) that read x of  (dy/dx)ᵀ dL/dy
 *
 * The backward pass consists of ordinary operators, so it runs wherever the graph runs.
 *
 * Griewank and Walther, Evaluating Derivatives, 2nd edition, section 3.2.
 */
import { checkArray, checkKeys } from "@ropewalk/check";
import { isInteger } from "../arrays/data-type.ts";
import { formatDims, isFixed } from "../arrays/dims.ts";
import { fail } from "../fail.ts";
import { checkIsModel } from "../model/check-graph.ts";
import { namesRead } from "../model/node.ts";
import type { ModelProto, NodeProto } from "../proto/onnx_pb.ts";
import { shortConstant } from "../record/record-node.ts";
import type { Recording } from "../record/recording.ts";
import { resume } from "../record/resume.ts";
import { recordedModel, scoped, type Tape } from "../record/tape.ts";
import type { Value } from "../model/value.ts";
import type { Backward } from "./backward.ts";
import { makersIn } from "./maker-of.ts";
import { readNodes } from "./read-nodes.ts";
import { recomputation } from "./recomputation.ts";
import { repeatsOf } from "./repeated-from.ts";
import { findRule } from "./table.ts";
import { turnsOf } from "./turned-from.ts";

export type Differentiation = {
  /** The output to differentiate: one number. */
  readonly loss: string;
  /** The inputs or initializers to differentiate by. They have a floating-point type and known sizes. */
  readonly parameters: readonly string[];
  /**
   * Values to keep for the backward pass, in the order in which they are computed. Values between two of these are computed a second
   * time when the backward pass needs them, so only one such stretch is in memory at once. Absent: everything is kept.
   */
  readonly checkpoints?: readonly string[];
};

/** The name of the output with a parameter's gradient, which has the parameter's type and shape. */
export const gradientOf = (parameter: string): string => `gradient.${parameter}`;

const isFloat = ({ type }: Value): boolean => type !== undefined && !isInteger(type);

/** The names of values that depend on a parameter, also through a graph inside a node. Their type is floating-point or not known. */
const dependents = (nodes: readonly NodeProto[], parameters: readonly string[], { values }: Recording): Set<string> => {
  const found = new Set(parameters);
  for (const node of nodes)
    if ([...namesRead(node)].some((name) => found.has(name)))
      for (const name of node.output)
        if (name !== "" && (values.get(name)!.type === undefined || isFloat(values.get(name)!))) found.add(name);
  return found;
};

const checkAsked = ({ values }: Recording, model: ModelProto, { loss, parameters }: Differentiation): Value => {
  const value = values.get(loss);
  if (value === undefined || !model.graph!.output.some(({ name }) => name === loss))
    return fail(`differentiate: loss must be an output of the graph, got "${loss}"`);
  if (value.dims === undefined || !isFixed(value.dims) || value.dims.some((size) => size !== 1) || !isFloat(value))
    return fail(`differentiate: loss must be one floating-point number, got ${value.type} ${formatDims(value.dims)}`);
  const computed = new Set(model.graph!.node.flatMap(({ output }) => output));
  for (const name of parameters) {
    const parameter = values.get(name);
    if (parameter === undefined || computed.has(name))
      return fail(`differentiate: a parameter must be an input or an initializer, got "${name}"`);
    if (!isFloat(parameter) || parameter.dims === undefined || !isFixed(parameter.dims))
      return fail(
        `differentiate: a parameter must have a floating-point type and sizes that are numbers, got ${parameter.type} ` +
          `${formatDims(parameter.dims)} of "${name}"`,
      );
  }
  return value;
};

/** A tape on which nodes read other values in place of some. */
const readingBy = (read: (value: Value) => Value, tape: Tape): Tape => {
  const inPlace = <Inputs extends readonly (Value | undefined)[]>(inputs: Inputs): Inputs =>
    inputs.map((value) => value && read(value)) as readonly (Value | undefined)[] as Inputs;
  return {
    ...tape,
    op: (opType, inputs, ...rest) => tape.op(opType, inPlace(inputs), ...rest),
    ops: (opType, numOutputs, inputs, ...rest) => tape.ops(opType, numOutputs, inPlace(inputs), ...rest),
  };
};

/**
 * The graph with one more output for each parameter, named {@link gradientOf} its name: the derivative of the loss by each of the
 * parameter's elements, zeros where the loss does not depend on it. The given model does not change.
 *
 * @throws RangeError when the loss is not an output of one number, a parameter is neither an input nor an initializer, a size between
 *   them is not known, or an operator between them has no rule; the message names the node
 */
export const differentiate = (model: ModelProto, asked: Differentiation): ModelProto => {
  checkIsModel("differentiate", model);
  checkKeys<Differentiation>("differentiate", "asked", asked, { loss: true, parameters: true, checkpoints: true });
  for (const [name, list] of Object.entries({ parameters: asked.parameters, checkpoints: asked.checkpoints ?? [] }))
    checkArray("differentiate", name, list, "Array");
  const recording = resume(model);
  const { values } = recording;
  const nodes = [...recording.graph.node];
  const loss = checkAsked(recording, model, asked);
  const tape = scoped(recording, "/gradient");
  const depends = dependents(nodes, asked.parameters, recording);
  const gradients = new Map<string, Value>([[loss.name, tape.constant(loss.type!, loss.dims as number[], [1])]]);
  const makerOf = makersIn(recording);
  const [turnedFrom, repeatedFrom] = [turnsOf(recording, makerOf), repeatsOf(recording, makerOf)];
  const anew = recomputation(recording, tape, nodes, asked.checkpoints ?? [], gradients);

  for (const [place, node] of [...nodes.entries()].toReversed()) {
    anew.arriveAt(place);
    const given = node.output.map((name) => (depends.has(name) ? gradients.get(name) : undefined));
    const { opType, domain, name, attribute: attributes } = node;
    if (given.every((gradient) => gradient === undefined)) continue;
    const label = `${opType} "${name}"`;
    const rule = findRule(domain, opType);
    if (rule === undefined)
      return fail(`differentiate: an operator on the way to the loss must have a rule, got ${label} without`);
    const inputs = node.input.map((input) => (input === "" ? undefined : values.get(input)!));
    const backward: Backward = {
      ...{ opType, name, attributes, inputs, numOutputs: node.output.length },
      tape: readingBy(anew.read, tape.scope(name.replace(/^\/+/, "") || opType)),
      outputs: node.output.map((output) => values.get(output)!),
      gradients: given,
      elementsOf: (value) => shortConstant(recording, value),
      turnedFrom,
      repeatedFrom,
    };
    const parts = rule(backward);
    for (const [index, input] of node.input.entries()) {
      if (!depends.has(input)) continue;
      const part = parts[index];
      if (part === undefined)
        return fail(`differentiate: ${label}: input ${index} must not depend on a parameter, got "${input}"`);
      const before = gradients.get(input);
      const contribution = part();
      anew.handed(input, contribution);
      gradients.set(input, before === undefined ? contribution : backward.tape.op("Add", [before, contribution]));
    }
  }
  for (const name of asked.parameters) {
    const { type, dims } = values.get(name)!;
    const size = (dims as number[]).length;
    const none = (): Value =>
      tape.op("Expand", [tape.constant(type!, [], [0]), tape.constant("int64", [size], dims as number[])]);
    tape.output(gradientOf(name), gradients.get(name) ?? none());
  }
  const own = { nodes: nodes.length, initializers: model.graph!.initializer.length };
  return recordedModel({ ...recording, graph: readNodes(recording.graph, own) }, model);
};
