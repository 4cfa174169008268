/** Keys or values of past and new tokens that a graph joins: present = Concat(past, new) on axis 2. */
import type { NodeProto } from "@ropewalk/graph";
import { readAttributes } from "./read-attributes.ts";
import { refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";
import type { ExportView } from "../graph/export-view.ts";

export type Joined = { readonly past: string; readonly fresh: string; readonly present: string };

/** Operators between joined keys or values and their attention: they repeat them for every query head, transpose, scale. */
const carries = new Set(["Unsqueeze", "Squeeze", "Expand", "Reshape", "Transpose", "Cast", "Identity", "Mul", "Div"]);

/** More nodes than any export has between a join and its attention. */
const maxSteps = 100;

/** The input of the graph that a value equals; undefined if a node on the way changes it. */
const inputOf = (view: ExportView, name: string): string | undefined => {
  let at = name;
  for (let step = 0; step < maxSteps && !view.inputs.has(at); step++) {
    const node = view.maker(at);
    const passes = node && (node.opType === "Identity" || (node.opType === "Concat" && node.input.length === 1));
    if (!passes) return undefined;
    at = node.input[0]!;
  }
  return view.inputs.has(at) ? at : undefined;
};

/** The join of past and new keys that a node does; undefined if it does something else. */
const joinAt = (view: ExportView, maker: NodeProto | undefined): Joined | undefined => {
  if (maker?.opType !== "Concat" || maker.input.length !== 2) return undefined;
  const past = inputOf(view, maker.input[0]!);
  const axis = readAttributes(maker, ["axis"]).integer("axis", 0);
  return past !== undefined && (axis === 2 || axis === -2)
    ? { past, fresh: maker.input[1]!, present: maker.output[0]! }
    : undefined;
};

/**
 * The join that a value comes from.
 *
 * @param node - the node that attends, for error messages
 * @throws RangeError when there is no such join
 */
export const readJoined = (view: ExportView, node: NodeProto, name: string): Joined => {
  let at = name;
  for (let step = 0; ; step++) {
    const maker = view.maker(at);
    const joined = joinAt(view, maker);
    if (joined) return joined;
    if (maker === undefined || !carries.has(maker.opType) || step === maxSteps)
      return refuse(
        `${describeNode(node)} must attend over past and new keys joined on axis 2 (Concat), got "${at}" of ${maker ? describeNode(maker) : "no node"}`,
      );
    at = maker.input[0]!;
  }
};
