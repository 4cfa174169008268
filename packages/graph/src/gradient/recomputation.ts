/**
 * Recomputation: the backward pass computes values a second time, instead of keeping them from the forward pass. Checkpoints c₁, c₂, …
 * cut the graph into stretches. With n stretches of m values each, n + m values are in memory at once instead of n m, for the cost of
 * one more run of the graph.
 *
 * A runtime may run a node as soon as its inputs are known, so each recomputed stretch must be tied to the backward pass. Instead of a
 * checkpoint c it reads
 *
 *   c + 0(g)        0(g) = [g₁ > g₁]: 0, also where g₁ is NaN, and known only once the gradient g at the stretch's end is known
 *
 * and g in turn is tied to all gradients that the following stretch gives to parameters and to values before it.
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
  /** Tells which node the backward pass comes to next, by its place in the graph. */
  readonly arriveAt: (place: number) => void;
  /** The value to read in the backward pass: the value itself if it is kept, otherwise its recomputed copy. */
  readonly read: (value: Value) => Value;
  /** Records a part of a value's gradient. If the value lies before this stretch, the stretch before waits for this part. */
  readonly handed: (to: string, part: Value) => void;
};

type Stretch = {
  /** A zero that is known once the gradient at the stretch's end is known. */
  readonly zero: Value;
  /** The nodes that compute the values depending on a checkpoint before the stretch, by the values' names. */
  readonly nodes: ReadonlyMap<string, NodeProto>;
  /** The recomputed values, and the checkpoints tied to the backward pass, by name. */
  readonly anew: Map<string, Value>;
};

/** A zero of one element that is known once all values are known. The values have the same type. */
const zeroBehindAll = (tape: Tape, values: readonly Value[]): Value => {
  const firsts = values.map((value) => firstElement(tape, value));
  // Added one by one, because GPUs' providers have no Sum.
  const sum = firsts.reduce((all, first) => tape.op("Add", [all, first]));
  return zeroBehind(tape, sum, sum.type!);
};

/** The same value, known only once the zero [1] is known. */
const tied = (tape: Tape, value: Value, zero: Value): Value => {
  const sum = tape.op("Add", [value, zero]);
  return value.dims?.length === 0 ? tape.op("Squeeze", [sum, tape.constant("int64", [1], [0])]) : sum;
};

/** Operators that give other numbers at each run. */
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
 * Recomputation for a model.
 *
 * @param nodes - of the model that is differentiated, in their order
 * @param gradients - those known so far, by the values' names; the gradient of a checkpoint is replaced by a tied one
 * @throws RangeError when a checkpoint is not computed in the graph, or the checkpoints are not in the order of their computation
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
  /** The first node of the stretch that the backward pass is in. */
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
