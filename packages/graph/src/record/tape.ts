// A tape records operators into an ONNX graph: each call adds a node, and returns its result with the inferred type and shape.

import { create } from "@bufbuild/protobuf";
import { checkInteger, checkKeys } from "@ropewalk/check";
import type { Attribute } from "../model/attribute.ts";
import type { DataType } from "../arrays/data-type.ts";
import { checkType } from "../arrays/data-type.ts";
import type { Dim } from "../arrays/dims.ts";
import { checkSizes } from "../arrays/dims.ts";
import { nodesIn } from "../edit/map.ts";
import { withGraph } from "../edit/with-graph.ts";
import type { NodeOptions } from "../model/node.ts";
import type { AttributesAndOptions, InputsOf, OpType, OpTypeOfOne, OutputsOf } from "../operators/signatures.ts";
import type { Shaped } from "../operators/operator.ts";
import { domainOf } from "../operators/table.ts";
import type { GraphProto, ModelProto } from "../proto/onnx_pb.ts";
import { GraphProtoSchema, ModelProtoSchema } from "../proto/onnx_pb.ts";
import { checkForm, checkOperator } from "./check-call.ts";
import type { InlineConfig } from "./inline-graph.ts";
import { inlineGraph } from "./inline-graph.ts";
import { recordBranch } from "./record-branch.ts";
import type { LoopConfig, LoopResult, LoopStep } from "./record-loop.ts";
import { recordLoop } from "./record-loop.ts";
import { recordNode } from "./record-node.ts";
import { recordScan } from "./record-scan.ts";
import type { FilePlace } from "./record-tensor.ts";
import { recordConstant, recordExternal } from "./record-tensor.ts";
import type { Recording } from "./recording.ts";
import { checkRecorded, declare, freshName, startRecording } from "./recording.ts";
import type { Value } from "../model/value.ts";
import { valueInfo } from "../model/value.ts";

export type ModelOptions = {
  /** Version of ONNX's operators, 21 when absent. */
  readonly opset?: number;
  /** Version of the file format, 10 when absent. */
  readonly irVersion?: number;
  /** The producer that the file names, `ropewalk` when absent. */
  readonly producer?: string;
};

export type RecordOptions<Domain extends string = string> = NodeOptions & {
  /** Domain of the operator, e.g. `com.microsoft`; absent: ONNX's own. */
  readonly domain?: Domain;
  /** Name of the first result; absent: after the node. A result with the name of a graph output needs no Identity node. */
  readonly output?: string;
  /** Types and shapes of the results, in their order, of an operator that is not known here. Those of known operators are inferred. */
  readonly results?: readonly Shaped[];
};

/** Records one graph. All methods throw RangeError when a name is taken or a value is of another tape. */
export type Tape = {
  /** A graph input. */
  input(name: string, type: DataType, dims: readonly Dim[]): Value;
  /**
   * An initializer with these elements, row-major. Equal constants without a name are stored once.
   *
   * @throws RangeError when the number of elements is not the product of the sizes, or the type cannot hold an element.
   */
  constant(type: DataType, dims: readonly number[], data: ArrayLike<number>, name?: string): Value;
  /**
   * An initializer whose bytes are in a file. The same name, type, shape and place again give the same value.
   *
   * @throws RangeError when the length is not that of the tensor [bytes], or the name stands for another tensor.
   */
  external(name: string, type: DataType, dims: readonly number[], at: FilePlace): Value;
  /**
   * A node with one output. The result has a type and a shape as far as the inputs determine them.
   *
   * @throws RangeError when the inputs contradict the operator's rule, e.g. a product of 3x4 by 5x6.
   */
  op<Op extends OpTypeOfOne<Domain>, const Domain extends string = "">(
    opType: Op,
    inputs: InputsOf<Domain, Op>,
    ...rest: AttributesAndOptions<Domain, Op, RecordOptions<Domain>>
  ): Value;
  /**
   * A node with several outputs; otherwise like `op`. Nodes are named after their operator unless `options.name` says
   * otherwise, and a taken name gets a number.
   */
  ops<Op extends OpType<Domain>, const Domain extends string = "">(
    opType: Op,
    numOutputs: OutputsOf<Domain, Op>,
    inputs: InputsOf<Domain, Op>,
    ...rest: AttributesAndOptions<Domain, Op, RecordOptions<Domain>>
  ): readonly Value[];
  /**
   * An If: the values that `whenTrue` records where the condition holds, else those of `whenFalse`, as many, of the same types.
   * Only one of them is run. Each gets a tape of its own, which reads every value recorded so far; inputs and outputs of the
   * graph are declared outside.
   *
   * @param condition - bool, one element
   * @throws RangeError when the two do not give as many values, or not of the same types, or declare an input or an output.
   */
  branch(
    condition: Value,
    arms: Readonly<Record<"whenTrue" | "whenFalse", (tape: Tape) => readonly Value[]>>,
  ): readonly Value[];
  /**
   * A Scan: what `body` records, run once for each index of the inputs' first axis, with its results stacked along a new first
   * axis. Its tape reads every value recorded so far, besides the slices.
   *
   * @param inputs - of equal first sizes, at least one
   * @throws RangeError when an input has no axis, or the body declares an input or an output.
   */
  scan(inputs: readonly Value[], body: (tape: Tape, slices: readonly Value[]) => readonly Value[]): readonly Value[];
  /**
   * A Loop: what `body` records, run at most `steps` times, each time on what the last run carried on, until its condition does
   * not hold. Its tape reads every value recorded so far, besides the number of the run, from 0, and the carried values.
   *
   * @throws RangeError when the body carries on another number of values, or of other types or sizes, its condition is not bool,
   *   or it declares an input or an output.
   */
  loop(config: LoopConfig, body: (tape: Tape, step: Value, carried: readonly Value[]) => LoopStep): LoopResult;
  /**
   * Records another graph's nodes and initializers here, and returns its outputs by their names. Values keep the types and shapes
   * that the graph states of them. The graph itself is left as it is.
   *
   * @throws RangeError when an input of the graph is not given, or the name of a value is taken
   */
  inline(graph: GraphProto, config: InlineConfig): ReadonlyMap<string, Value>;
  /** Makes a value a graph output of that name, by an Identity node unless the value has that name already. */
  output(name: string, value: Value): Value;
  /** The same recording with node names nested under `name`. */
  scope(name: string): Tape;
  /** The value that was recorded under a name, with its type and shape; undefined if there is none. */
  value(name: string): Value | undefined;
  /** What has been recorded so far. Domains other than ONNX's own are imported at version 1. */
  model(options?: ModelOptions): ModelProto;
};

const modelOf = ({ graph }: Recording, options: ModelOptions): ModelProto => {
  checkKeys<ModelOptions>("model", "options", options, { opset: true, irVersion: true, producer: true });
  const { opset = 21, irVersion = 10, producer = "ropewalk" } = options;
  checkInteger("model", "opset", opset, 1);
  checkInteger("model", "irVersion", irVersion, 1);
  const others = new Set(
    nodesIn(graph)
      .map(({ domain }) => domainOf(domain))
      .filter((domain) => domain !== ""),
  );
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: producer,
    opsetImport: [{ domain: "", version: BigInt(opset) }, ...[...others].map((domain) => ({ domain, version: 1n }))],
    graph: create(GraphProtoSchema, {
      ...graph,
      node: [...graph.node],
      input: [...graph.input],
      output: [...graph.output],
      initializer: [...graph.initializer],
    }),
  });
};

/** What has been recorded behind a model, with that model's versions, domains and whatever else it states. */
export const recordedModel = ({ graph }: Recording, model: ModelProto): ModelProto => withGraph(graph, model);

/** Whether a name is that of a node's result which is no graph output yet. */
const isResult = ({ graph, tensors }: Recording, name: string): boolean =>
  !tensors.has(name) && ![...graph.input, ...graph.output].some((declared) => declared.name === name);

/** A tape that goes on with a recording, its nodes named under a path. */
export const scoped = (recording: Recording, path: string): Tape => {
  const ops = (
    opType: string,
    numOutputs: number,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: RecordOptions = {},
  ): readonly Value[] => {
    checkKeys<RecordOptions>("op", "options", options, { domain: true, name: true, output: true, results: true });
    const { domain = "", name: asked = opType, output, results } = options;
    checkOperator("op", domain, opType);
    if (!Number.isInteger(numOutputs) || numOutputs < 1)
      throw new RangeError(`ops: numOutputs must be an integer of at least 1, got ${numOutputs}`);
    checkForm(`${opType} "${path}/${asked}"`, domain, opType, inputs, attributes, numOutputs);
    const name = freshName(recording, recording.nodeNames, `${path}/${asked}`);
    const outputs = Array.from({ length: numOutputs }, (_, i) => (i === 0 && output) || `${name}/output_${i}`);
    return recordNode(recording, { opType, domain, name, inputs, attributes, outputs, results });
  };
  return {
    input(name, type, dims) {
      const at = `input "${name}"`;
      checkType(at, type);
      checkSizes(at, dims);
      const value = declare(recording, at, { name, type, dims: [...dims] });
      recording.graph.input.push(valueInfo(value));
      return value;
    },
    constant: (type, dims, data, name) => recordConstant(recording, type, dims, data, name),
    external: (name, type, dims, at) => recordExternal(recording, name, type, dims, at),
    op: (opType, inputs, ...rest) => {
      const [attributes, options] = rest as readonly [Readonly<Record<string, Attribute>>?, RecordOptions?];
      return ops(opType, 1, inputs, attributes, options)[0]!;
    },
    ops,
    branch: (condition, arms) => {
      checkKeys("branch", "arms", arms, { whenTrue: true, whenFalse: true });
      const { whenTrue, whenFalse } = arms;
      const name = freshName(recording, recording.nodeNames, `${path}/If`);
      return recordBranch(recording, name, condition, {
        whenTrue: (inner) => whenTrue(scoped(inner, `${name}/true`)),
        whenFalse: (inner) => whenFalse(scoped(inner, `${name}/false`)),
      });
    },
    scan: (inputs, body) => {
      const name = freshName(recording, recording.nodeNames, `${path}/Scan`);
      return recordScan(recording, name, inputs, (inner, slices) => body(scoped(inner, `${name}/body`), slices));
    },
    loop: (config, body) => {
      checkKeys<LoopConfig>("loop", "config", config, { steps: true, carried: true });
      const name = freshName(recording, recording.nodeNames, `${path}/Loop`);
      return recordLoop(recording, name, config, (inner, step, carried) =>
        body(scoped(inner, `${name}/body`), step, carried),
      );
    },
    inline: (graph, config) => {
      checkKeys<InlineConfig>("inline", "config", config, { inputs: true, rename: true, replace: true });
      return inlineGraph(recording, path, graph, config);
    },
    output(name, value) {
      checkRecorded(recording, `output "${name}"`, value);
      const { type, dims } = value;
      if (value.name === name && isResult(recording, name)) {
        recording.graph.output.push(valueInfo(value));
        return value;
      }
      const node = freshName(recording, recording.nodeNames, `${path}/Identity`);
      recordNode(recording, {
        opType: "Identity",
        domain: "",
        name: node,
        inputs: [value],
        outputs: [name],
      });
      recording.graph.output.push(valueInfo({ name, type, dims }));
      return { name, type, dims };
    },
    scope(name) {
      if (name === "") throw new RangeError("scope: a name must not be empty");
      return scoped(recording, `${path}/${name}`);
    },
    value: (name) => recording.values.get(name),
    model: (options = {}) => modelOf(recording, options),
  };
};

/** A new tape. Its methods need no `this` and may be taken apart. */
export const tape = (graphName = "graph"): Tape => scoped(startRecording(graphName), "");
