/** Keys or values of past and new tokens, joined in the graph: present = Concat(past, new), axis 2. */
import type { NodeProto } from "@ropewalk/graph";
import { readAttributes } from "./read-attributes.ts";
import { refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";
import type { ExportView } from "../graph/export-view.ts";

export type Joined = { readonly past: string; readonly fresh: string; readonly present: string };

/** What brings joined keys or values to the attention: repeated for every query head, transposed, scaled. */
const carries = new Set(["Unsqueeze", "Squeeze", "Expand", "Reshape", "Transpose", "Cast", "Identity", "Mul", "Div"]);

/** Longer ways than any export has are not followed. */
const maxSteps = 100;

/** The input of the graph that a past is, through nodes that leave it as it is. */
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

/** The join that makes a value, if one does. */
const joinAt = (view: ExportView, maker: NodeProto | undefined): Joined | undefined => {
  if (maker?.opType !== "Concat" || maker.input.length !== 2) return undefined;
  const past = inputOf(view, maker.input[0]!);
  const axis = readAttributes(maker, ["axis"]).integer("axis", 0);
  return past !== undefined && (axis === 2 || axis === -2)
    ? { past, fresh: maker.input[1]!, present: maker.output[0]! }
    : undefined;
};

/** The join that leads to `name`, which `node` takes. */
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
