/** The key-value cache of one attention: the graph's inputs and outputs for it, [batch, numKvHeads, pastLen, headDim]. */
import type { NodeProto } from "@ropewalk/graph";
import { check, refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";
import type { ExportView } from "../graph/export-view.ts";
import type { AttentionMatch } from "./attention-match.ts";

export type Cache = Pick<AttentionMatch, "past" | "present" | "type"> & {
  /** Undefined if the graph does not state the size. */
  readonly numKvHeads: number | undefined;
  readonly headDim: number | undefined;
};

const fixed = (dim: unknown): number | undefined => (typeof dim === "number" && dim > 0 ? dim : undefined);

/**
 * The cache of a node.
 *
 * @throws RangeError when past keys and values are no inputs of the graph, or the node gives no present ones
 */
export const readCache = (
  view: ExportView,
  node: NodeProto,
  {
    past,
    present,
  }: { readonly past: readonly (string | undefined)[]; readonly present: readonly (string | undefined)[] },
): Cache => {
  const at = describeNode(node);
  const [pastKey, pastValue] = past;
  const [presentKey, presentValue] = present;
  if (!pastKey || !pastValue || !presentKey || !presentValue)
    return refuse(`${at} must take past keys and values and give present ones, got a node without`);
  const inputs = [pastKey, pastValue].map((name) => view.inputs.get(name));
  const [key, value] = inputs;
  if (!key || !value)
    return refuse(`${at} must take its past from inputs of the graph, got "${pastKey}" and "${pastValue}"`);
  for (const { name, dims } of [key, value])
    check(dims === undefined || dims.length === 4, `input "${name}" must have 4 axes`, dims?.length);
  const { type } = key;
  if (type !== "float32" && type !== "float16")
    return refuse(`input "${pastKey}" must be float32 or float16, got ${type ?? "another type"}`);
  return {
    past: { key: pastKey, value: pastValue },
    present: { key: presentKey, value: presentValue },
    type,
    numKvHeads: fixed(key.dims?.[1]),
    headDim: fixed(key.dims?.[3]),
  };
};
