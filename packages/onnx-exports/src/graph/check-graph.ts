/** Checks that a graph can run: no node waits for its own results, and every value that is read is made, once. */
import { nodeInCycle, missingValue, type GraphProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { describeNode } from "./describe-node.ts";

/** @throws RangeError with one of the nodes that wait for each other */
export const checkNoCircle = ({ node }: GraphProto): void => {
  const inCircle = nodeInCycle(node);
  if (inCircle) refuse(`nodes must not wait for each other in a circle, got ${describeNode(inCircle)} in one`);
};

/** @throws RangeError with a value that nothing makes, and the node that reads it */
export const checkMade = (graph: GraphProto): void => {
  const unmade = missingValue(graph);
  if (unmade === undefined) return;
  const { name, reader } = unmade;
  if (reader === undefined) refuse(`outputs of the graph must be made, got "${name}"`);
  else refuse(`${describeNode(reader)} must take values that are made, got "${name}"`);
};

/** @throws RangeError with a value that two nodes make */
export const checkMadeOnce = ({ node: nodes }: GraphProto): void => {
  const made = new Set<string>();
  for (const node of nodes)
    for (const name of node.output) {
      if (made.has(name)) refuse(`a value must be made once, got "${name}" of ${describeNode(node)} again`);
      if (name !== "") made.add(name);
    }
};
