/** Attributes of a node by name. A node with attributes that its reader does not know is refused. */
import type { NodeProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";

export type Attributes = {
  readonly integer: (name: string, fallback: number) => number;
  readonly float: (name: string, fallback: number) => number;
};

/** @throws RangeError when the node has an attribute outside of `known`, since its effect is not known */
export const readAttributes = (node: NodeProto, known: readonly string[]): Attributes => {
  const unknown = node.attribute.find(({ name }) => !known.includes(name));
  if (unknown) refuse(`${describeNode(node)} must have no attributes but ${known.join(", ")}, got ${unknown.name}`);
  const find = (name: string) => node.attribute.find((attribute) => attribute.name === name);
  return {
    integer: (name, fallback) => {
      const found = find(name);
      return found ? Number(found.i) : fallback;
    },
    float: (name, fallback) => find(name)?.f ?? fallback,
  };
};
