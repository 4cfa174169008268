// Which values can be dropped after each node, since nothing reads them any more.

import { namesRead } from "../model/node.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";

/** By the index of a node: the values that no later node reads. */
export const lastUses = (
  nodes: readonly NodeProto[],
  outputs: readonly string[],
): ReadonlyMap<number, readonly string[]> => {
  const last = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    for (const name of node.output) last.set(name, index);
    for (const name of namesRead(node)) last.set(name, index);
  }
  for (const name of outputs) last.delete(name);
  const byNode = new Map<number, string[]>();
  for (const [name, index] of last) {
    const known = byNode.get(index);
    if (known) known.push(name);
    else byNode.set(index, [name]);
  }
  return byNode;
};
