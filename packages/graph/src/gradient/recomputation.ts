/**
 * Computing values anew on the way back, instead of keeping them since the way there. Checkpoints c₁, c₂, … cut the graph into stretches;
 * of n stretches of m values each, n + m are in memory at a time in place of n m, for one more run of the graph.
 *
 * A runtime runs a node as soon as it likes once its inputs are there, so each stretch is tied to the way back: it starts from
 *
 *   c + 0(g)        0(g) = min(|g₁|, 0), which is 0, and known only when the gradient g at the stretch's end is
 *
 * and g in turn is tied to all that was learned in the stretch behind it.
 *
 * Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174, section 4.
 */
import { fail } from "../fail.ts";
import { innerGraphs } from "../node.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";
import { declare, freshName, type Recording } from "../recording.ts";
import type { Tape } from "../tape.ts";
import type { Value } from "../value.ts";

export type Recomputation = {
  /** The way back stands before this node, by its place in the graph; all behind it are done. */
  readonly arriveAt: (place: number) => void;
  /** What is to be read in a value's place on the way back: itself where it is kept. */
  readonly read: (value: Value) => Value;
  /** A gradient of a parameter, which the stretch before this one waits for. */
  readonly learned: (gradient: Value) => void;
};

type Stretch = {
  /** The checkpoint that it starts from, tied to the way back. */
  readonly start: Value;
  /** Values that depend on the start, by name, and the node that computes each. */
  readonly nodes: ReadonlyMap<string, NodeProto>;
  /** Those that were computed anew. */
  readonly anew: Map<string, Value>;
};

/** Zero, of one element, once the values are known. They are of one type. */
const zeroBehind = (tape: Tape, values: readonly Value[]): Value => {
  const ints = (numbers: readonly number[]): Value => tape.constant("int64", [numbers.length], numbers);
  const firsts = values.map((value) => {
    const axes = Array.from((value.dims ?? []).keys());
    const edges = [axes.map(() => 0), axes.map(() => 1), axes];
    const first = axes.length === 0 ? value : tape.op("Slice", [value, ...edges.map(ints)]);
    return tape.op("Reshape", [first, ints([1])]);
  });
  // Added up one by one: GPUs' providers have no Sum.
  const sum = firsts.reduce((all, first) => tape.op("Add", [all, first]));
  return tape.op("Min", [tape.op("Abs", [sum]), tape.constant(sum.type!, [], [0])]);
};

/** The nodes of a stretch whose results depend on its start. */
const behind = (nodes: readonly NodeProto[], start: string): ReadonlyMap<string, NodeProto> => {
  const found = new Map<string, NodeProto>();
  for (const node of nodes)
    if (innerGraphs(node).length === 0 && node.input.some((name) => name === start || found.has(name)))
      for (const name of node.output) if (name !== "") found.set(name, node);
  return found;
};

/**
 * @param nodes - of the model that is differentiated, in their order
 * @param gradients - by the values' names, as far as the way back has come; a checkpoint's is tied
 * @throws RangeError when a checkpoint is not computed in the graph, or they are not in the order in which they are
 */
export const recomputation = (
  recording: Recording,
  tape: Tape,
  nodes: readonly NodeProto[],
  checkpoints: readonly string[],
  gradients: Map<string, Value>,
): Recomputation => {
  const ends = checkpoints.map((name) => {
    const end = nodes.findIndex(({ output }) => output.includes(name));
    return end >= 0 ? end : fail(`differentiate: checkpoints must be computed in the graph, got "${name}"`);
  });
  ends.forEach((end, at) => {
    if (at > 0 && end <= ends[at - 1]!)
      fail(
        `differentiate: checkpoints must be in the order of the graph, got "${checkpoints[at]}" behind "${checkpoints[at - 1]}"`,
      );
  });
  let stretch: Stretch | undefined;
  let learned: Value[] = [];

  const read = (value: Value): Value => {
    if (stretch === undefined) return value;
    const done = stretch.anew.get(value.name);
    const node = stretch.nodes.get(value.name);
    if (done !== undefined || node === undefined) return done ?? value;
    const input = node.input.map((name) => (name === "" ? "" : read(recording.values.get(name)!).name));
    const name = freshName(recording, recording.nodeNames, `/anew/${node.name.replace(/^\/+/, "")}`);
    const output = node.output.map((before, at) => (before === "" ? "" : `${name}/output_${at}`));
    recording.nodeNames.add(name);
    recording.graph.node.push({ ...node, name, input, output });
    for (const [at, before] of node.output.entries()) {
      if (before === "") continue;
      const again = { ...recording.values.get(before)!, name: output[at]! };
      stretch.anew.set(before, declare(recording, `${node.opType} "${name}"`, again));
    }
    return stretch.anew.get(value.name)!;
  };

  return {
    read,
    learned: (gradient) => void learned.push(gradient),
    arriveAt: (place) => {
      const at = ends.indexOf(place);
      if (at < 0) return;
      stretch = undefined;
      const end = checkpoints[at]!;
      const given = gradients.get(end);
      if (given === undefined) return;
      const alike = learned.filter(({ type }) => type === given.type);
      learned = [];
      const gradient = alike.length === 0 ? given : tape.op("Add", [given, zeroBehind(tape, alike)]);
      gradients.set(end, gradient);
      const before = checkpoints[at - 1];
      if (before === undefined) return;
      const start = recording.values.get(before)!;
      if (start.type !== gradient.type) return;
      const tied = tape.op("Add", [start, zeroBehind(tape, [gradient])]);
      const inside = behind(nodes.slice(ends[at - 1]! + 1, place), before);
      stretch = { start: tied, nodes: inside, anew: new Map([[before, tied]]) };
    },
  };
};
