/** Records the node that stands for the WGSL kernel. */
import { checkKeys } from "@ropewalk/check";
import type { Tape, Value } from "@ropewalk/graph";
import { kernelNode, writeKernelNode, type NodePart } from "../kernel-node.ts";
import { checkHeadDim } from "../wgsl/checks.ts";
import type { HeadCounts } from "./heads.ts";
import type { Softcap } from "./scores.ts";

export type KernelNodePart = NodePart & {
  /** [numKvHeads, rows, headDim]: one, or near and far keys. */
  readonly keys: readonly Value[];
  readonly values: Value;
};

export type KernelNodeInputs = {
  /** [parts, 3] int32: the tokens from … to before … of each part, and its window. */
  readonly ranges: Value;
  /** In each band's rotation: [1, numHeads, queryLen, headDim]. */
  readonly queries: readonly Value[];
  /** The bound of scores; undefined if they have none. */
  readonly softcap: Softcap;
  /** The last is the queries' own keys. */
  readonly parts: readonly KernelNodePart[];
};

/**
 * One layer's attention as one node, for whoever runs the kernel. Gives rows [queryLen, numHeads * headDim].
 *
 * @throws RangeError when the kernel has no heads of this width
 */
export const emitKernelNode = (tape: Tape, heads: HeadCounts, inputs: KernelNodeInputs): Value => {
  const { ranges, queries, softcap, parts } = checkKeys<KernelNodeInputs>("emitKernelNode", "inputs", inputs, {
    ranges: true,
    queries: true,
    softcap: true,
    parts: true,
  });
  checkHeadDim("emitKernelNode", heads.headDim);
  const seqLen = queries[0]!.dims?.[2];
  const { domain, opType } = kernelNode;
  return tape.op(
    opType,
    [ranges, ...queries, ...parts.flatMap(({ keys, values }) => [...keys, values])],
    writeKernelNode({ ...heads, numBands: queries.length, softcap, parts }),
    { domain, results: [{ type: "float32", dims: [seqLen, heads.numHeads * heads.headDim] }] },
  );
};
