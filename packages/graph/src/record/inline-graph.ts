// Recording a graph that exists already: its nodes and initializers under other names, with values of the recording in place of
// its inputs. A value can be replaced on the way:
//
//   maker -> value -> readers     becomes     maker -> value -> what is recorded in its place -> readers

import { typeOfCode } from "../arrays/data-type.ts";
import { renameNodes } from "../edit/rename.ts";
import { fail } from "../fail.ts";
import type { Value } from "../model/value.ts";
import { valueOfInfo } from "../model/value.ts";
import type { GraphProto } from "../proto/onnx_pb.ts";
import type { Recording } from "./recording.ts";
import { checkRecorded, declare, freshName } from "./recording.ts";

export type InlineConfig = {
  /** The value that stands in place of each input of the graph, by the input's name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /**
   * What a name of the graph becomes here, of values, nodes and initializers alike. Absent: it is nested in the scope. A node whose name
   * is taken gets a number.
   */
  readonly rename?: (name: string) => string;
  /** By the name of a value: records what the nodes behind its maker read in its place. */
  readonly replace?: ReadonlyMap<string, (value: Value) => Value>;
};

const inputsOf = (recording: Recording, at: string, graph: GraphProto, inputs: InlineConfig["inputs"]) => {
  const initialized = new Set(graph.initializer.map(({ name }) => name));
  for (const { name } of graph.input)
    if (!inputs.has(name) && !initialized.has(name))
      fail(`${at}: inputs must have every input, got none for "${name}"`);
  const declared = new Set(graph.input.map(({ name }) => name));
  for (const [name, value] of inputs) {
    if (!declared.has(name)) fail(`${at}: inputs must be inputs of the graph, got "${name}"`);
    checkRecorded(recording, at, value);
  }
  return new Map([...inputs].map(([name, value]) => [name, value.name]));
};

/** Appends the graph to the recording and returns the graph's outputs. */
export const inlineGraph = (
  recording: Recording,
  path: string,
  graph: GraphProto,
  { inputs, rename = (name) => `${path}/${name.replace(/^\//, "")}`, replace = new Map() }: InlineConfig,
): ReadonlyMap<string, Value> => {
  const at = `inline "${graph.name}"`;
  const readAs = inputsOf(recording, at, graph, inputs);
  const stated = new Map([...graph.valueInfo, ...graph.output].map((info) => [info.name, valueOfInfo(info)]));
  for (const tensor of graph.initializer) {
    if (readAs.has(tensor.name)) continue;
    const name = rename(tensor.name);
    declare(recording, at, { name, type: typeOfCode(tensor.dataType), dims: tensor.dims.map(Number) });
    const renamed = { ...tensor, name };
    recording.tensors.set(name, renamed);
    recording.graph.initializer.push(renamed);
  }
  const renaming = { values: rename, nodes: rename, reads: (name: string) => readAs.get(name) ?? rename(name) };
  const made = new Map<string, Value>();
  for (const node of graph.node) {
    const [renamed] = renameNodes(renaming, [node]);
    const name = renamed!.name === "" ? "" : freshName(recording, recording.nodeNames, renamed!.name);
    recording.nodeNames.add(name);
    recording.graph.node.push({ ...renamed!, name });
    for (const output of node.output) {
      if (output === "") continue;
      const { type, dims } = stated.get(output) ?? { type: undefined, dims: undefined };
      const value = declare(recording, at, { name: rename(output), type, dims });
      made.set(output, value);
      const inPlace = replace.get(output)?.(value);
      if (inPlace) readAs.set(output, inPlace.name);
    }
  }
  for (const name of replace.keys())
    if (!made.has(name)) fail(`${at}: replace must name results of nodes, got "${name}"`);
  return new Map(
    graph.output.map(({ name }) => {
      const given = made.get(name) ?? recording.values.get(renaming.reads(name));
      return [name, given ?? fail(`${at}: outputs must be made in the graph, got "${name}"`)];
    }),
  );
};
