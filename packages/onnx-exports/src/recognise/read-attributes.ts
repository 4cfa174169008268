/** Attributes of nodes by name; those that a form does not know are refused. */
import type { NodeProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";

export type Attributes = {
  readonly integer: (name: string, fallback: number) => number;
  readonly float: (name: string, fallback: number) => number;
};

/** Reads attributes; any outside `known` is refused, since what it does is not known. */
export const readAttributes = (node: NodeProto, known: readonly string[]): Attributes => {
  const stranger = node.attribute.find(({ name }) => !known.includes(name));
  if (stranger) refuse(`${describeNode(node)} must have no attributes but ${known.join(", ")}, got ${stranger.name}`);
  const find = (name: string) => node.attribute.find((attribute) => attribute.name === name);
  return {
    integer: (name, fallback) => {
      const found = find(name);
      return found ? Number(found.i) : fallback;
    },
    float: (name, fallback) => find(name)?.f ?? fallback,
  };
};
