/**
 * Computing values anew on the way back, instead of keeping them since the way there. Checkpoints c₁, c₂, … cut the graph into stretches;
 * of n stretches of m values each, n + m are in memory at a time in place of n m, for one more run of the graph.
 *
 * A runtime runs a node as soon as it likes once its inputs are there, so each stretch is tied to the way back. In the place of a
 * checkpoint c it reads
 *
 *   c + 0(g)        0(g) = [g₁ > g₁], which is 0, also of what is no number, and known only when the gradient g at the stretch's end is
 *
 * and g in turn is tied to all gradients that the stretch behind it hands to parameters and to values before it.
 *
 * Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174, section 4.
 */
import { fail } from "../fail.ts";
import { innerGraphs } from "../model/node.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";
import { declare, freshName, type Recording } from "../record/recording.ts";
import type { Tape } from "../record/tape.ts";
import type { Value } from "../model/value.ts";
import { firstElement, zeroBehind } from "./when-run.ts";

export type Recomputation = {
  /** The way back stands before this node, by its place in the graph; all behind it are done. */
  readonly arriveAt: (place: number) => void;
  /** What is to be read in a value's place on the way back: itself where it is kept. */
  readonly read: (value: Value) => Value;
  /** A part of a value's gradient; where the value is not of this stretch, the stretch before waits for it. */
  readonly handed: (to: string, part: Value) => void;
};

type Stretch = {
  /** Zero, once the gradient at its end is known. */
  readonly zero: Value;
  /** Values that depend on a checkpoint before the stretch, by name, and the node that computes each. */
  readonly nodes: ReadonlyMap<string, NodeProto>;
  /** Those that were computed anew, and checkpoints tied to the way back. */
  readonly anew: Map<string, Value>;
};

/** Zero, of one element, once all values are known. They are of one type. */
const zeroBehindAll = (tape: Tape, values: readonly Value[]): Value => {
  const firsts = values.map((value) => firstElement(tape, value));
  // Added up one by one: GPUs' providers have no Sum.
  const sum = firsts.reduce((all, first) => tape.op("Add", [all, first]));
  return zeroBehind(tape, sum, sum.type!);
};

/** The same value, once the zero is known, which has an axis. */
const tied = (tape: Tape, value: Value, zero: Value): Value => {
  const sum = tape.op("Add", [value, zero]);
  return value.dims?.length === 0 ? tape.op("Squeeze", [sum, tape.constant("int64", [1], [0])]) : sum;
};

/** Operators that give other numbers each time. */
const drawing = new Set(
  "Bernoulli Dropout Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike".split(" "),
);

/** The nodes of a stretch whose results depend on the checkpoints before it. */
const behind = (nodes: readonly NodeProto[], checkpoints: ReadonlySet<string>): ReadonlyMap<string, NodeProto> => {
  const found = new Map<string, NodeProto>();
  for (const node of nodes)
    if (
      innerGraphs(node).length === 0 &&
      !drawing.has(node.opType) &&
      node.input.some((name) => checkpoints.has(name) || found.has(name))
    )
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
  const kept = new Set(checkpoints);
  const placeOf = new Map(nodes.flatMap(({ output }, place) => output.map((name) => [name, place] as const)));
  const ends = checkpoints.map(
    (name) => placeOf.get(name) ?? fail(`differentiate: checkpoints must be computed in the graph, got "${name}"`),
  );
  ends.forEach((end, at) => {
    if (at > 0 && end <= ends[at - 1]!)
      fail(
        `differentiate: checkpoints must be in the order of the graph, got "${checkpoints[at]}" behind "${checkpoints[at - 1]}"`,
      );
  });
  let stretch: Stretch | undefined;
  /** Where the stretch begins that the way back is in. */
  let begin = (ends.at(-1) ?? -1) + 1;
  let waitedFor: Value[] = [];

  const again = (node: NodeProto, { anew }: Stretch): void => {
    const input = node.input.map((name) => (name === "" ? "" : read(recording.values.get(name)!).name));
    const name = freshName(recording, recording.nodeNames, `/anew/${node.name.replace(/^\/+/, "")}`);
    const output = node.output.map((before, at) => (before === "" ? "" : `${name}/output_${at}`));
    recording.nodeNames.add(name);
    recording.graph.node.push({ ...node, name, input, output });
    for (const [at, before] of node.output.entries()) {
      if (before === "") continue;
      const value = { ...recording.values.get(before)!, name: output[at]! };
      anew.set(before, declare(recording, `${node.opType} "${name}"`, value));
    }
  };
  const read = (value: Value): Value => {
    if (stretch === undefined) return value;
    const { zero, nodes: inside, anew } = stretch;
    const node = inside.get(value.name);
    if (!anew.has(value.name)) {
      if (node !== undefined) again(node, stretch);
      else if (kept.has(value.name) && placeOf.get(value.name)! < begin && value.type === zero.type)
        anew.set(value.name, tied(tape, value, zero));
    }
    return anew.get(value.name) ?? value;
  };

  return {
    read,
    handed: (to, part) => {
      if ((placeOf.get(to) ?? -1) < begin) waitedFor.push(part);
    },
    arriveAt: (place) => {
      const at = ends.indexOf(place);
      if (at < 0) return;
      begin = (ends[at - 1] ?? -1) + 1;
      stretch = undefined;
      const end = checkpoints[at]!;
      const given = gradients.get(end);
      if (given === undefined) return;
      const alike = waitedFor.filter(({ type, name }) => type === given.type && name !== given.name);
      waitedFor = [];
      const gradient = alike.length === 0 ? given : tied(tape, given, zeroBehindAll(tape, alike));
      gradients.set(end, gradient);
      const before = new Set(checkpoints.slice(0, at));
      const inside = behind(nodes.slice(begin, place), before);
      if (inside.size > 0) stretch = { zero: zeroBehindAll(tape, [gradient]), nodes: inside, anew: new Map() };
    },
  };
};
