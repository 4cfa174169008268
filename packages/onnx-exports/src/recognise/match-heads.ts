/** Matches attention whose queries, keys and values lie head by head, [batch, numHeads, seqLen, headDim], with a mask that is added. */
import type { NodeProto } from "@ropewalk/graph";
import { check, refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";
import type { ExportView } from "../graph/export-view.ts";
import type { AttentionMatch } from "./attention-match.ts";
import { readCache } from "./past-and-present.ts";
import type { LayerFacts } from "./layer-facts.ts";
import type { Joined } from "./joined-cache.ts";
import { readMask } from "./trial/read-mask.ts";
import { readRotated } from "./rotation/rotated-value.ts";

/** The names of the values that one attention takes and gives: rotated queries, keys and values with their cache, the mask, the output. */
export type Attending = {
  readonly query: string;
  readonly keys: Joined;
  readonly values: Joined;
  /** "" if there is none. */
  readonly mask: string;
  readonly output: string;
};

/** The match, but for its scale and softcap. */
export const matchHeads = (
  view: ExportView,
  node: NodeProto,
  { query, keys, values, mask, output }: Attending,
  facts: LayerFacts,
): Omit<AttentionMatch, "scale" | "softcap"> => {
  const at = describeNode(node);
  const cache = readCache(view, node, { past: [keys.past, values.past], present: [keys.present, values.present] });
  const headDim = cache.headDim ?? facts.headDim();
  const numHeads = facts.numHeads();
  const numKvHeads = cache.numKvHeads ?? facts.numKvHeads();
  for (const [value, heads] of [
    [query, numHeads],
    [keys.fresh, numKvHeads],
    [values.fresh, numKvHeads],
  ] as const) {
    const stated = view.info(value)?.dims?.[1];
    check(
      typeof stated !== "number" || stated === heads,
      `${at} must have ${heads} heads in "${value}", as config.json says`,
      stated,
    );
  }
  if (mask === "") return refuse(`${at} must have a mask, got none`);
  const rotatedQuery = readRotated(view, node, query, { numHeads, headDim }, facts);
  const rotatedKey = readRotated(view, node, keys.fresh, { numHeads: numKvHeads, headDim }, facts);
  const { rotaryDim, layout } = rotatedQuery;
  check(layout === rotatedKey.layout, `${at} must have queries and keys that rotate alike`, rotatedKey.layout);
  const window = readMask(view, node, mask, facts);
  return {
    node: node.name,
    projections: {
      kind: "separate",
      query: rotatedQuery.tensor,
      key: rotatedKey.tensor,
      value: { name: values.fresh, layout: "heads" },
    },
    past: cache.past,
    present: cache.present,
    type: cache.type,
    output: { name: output, layout: "heads" },
    numHeads,
    numKvHeads,
    headDim,
    rotaryDim,
    layout,
    ...(window === undefined ? {} : { window }),
  };
};
