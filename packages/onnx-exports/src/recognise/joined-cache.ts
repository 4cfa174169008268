/** Keys or values of past and new tokens, joined in the graph: present = Concat(past, new), axis 2. */
import type { NodeProto } from "@ropewalk/graph";
import { attributesOf } from "../attributes.ts";
import { refuse } from "../check.ts";
import { nameOf, type GraphView } from "../graph-view.ts";

export type Joined = { readonly past: string; readonly fresh: string; readonly present: string };

/** What brings joined keys or values to the attention: repeated for every query head, transposed, scaled. */
const carries = new Set(["Unsqueeze", "Squeeze", "Expand", "Reshape", "Transpose", "Cast", "Identity", "Mul", "Div"]);

/** The input of the graph that a past is, through nodes that leave it as it is. */
const inputOf = (view: GraphView, name: string): string | undefined => {
  if (view.inputs.has(name)) return name;
  const node = view.maker(name);
  const passes = node && (node.opType === "Identity" || (node.opType === "Concat" && node.input.length === 1));
  return passes ? inputOf(view, node.input[0]!) : undefined;
};

/** The join that leads to `name`, which `node` takes. */
export const readJoined = (view: GraphView, node: NodeProto, name: string): Joined => {
  const maker = view.maker(name);
  if (maker?.opType === "Concat" && maker.input.length === 2) {
    const past = inputOf(view, maker.input[0]!);
    const axis = attributesOf(maker, ["axis"]).integer("axis", 0);
    if (past !== undefined && (axis === 2 || axis === -2))
      return { past, fresh: maker.input[1]!, present: maker.output[0]! };
  }
  if (maker === undefined || !carries.has(maker.opType))
    return refuse(
      `${nameOf(node)} must attend over past and new keys joined on axis 2 (Concat), got "${name}" of ${maker ? nameOf(maker) : "no node"}`,
    );
  return readJoined(view, node, maker.input[0]!);
};
