/**
 * Attention of opset 23.
 *
 *     query, key, value [, mask, past key, past value]   with past and present inside the node, or joined before it
 */
import type { NodeProto } from "@ropewalk/graph";
import { attributesOf } from "../attributes.ts";
import { check, refuse } from "../check.ts";
import { nameOf, type GraphView } from "../graph-view.ts";
import { readCache } from "./cache.ts";
import type { Form } from "./form.ts";
import { readJoined, type Joined } from "./joined-cache.ts";
import { readMask } from "./mask.ts";
import { readRotated } from "./rotated.ts";

const known = [
  "is_causal",
  "scale",
  "softcap",
  "q_num_heads",
  "kv_num_heads",
  "qk_matmul_output_mode",
  "softmax_precision",
];

const inside = (node: NodeProto, index: 0 | 1): Joined | undefined => {
  const [past, present] = [node.input[4 + index], node.output[1 + index]];
  return past && present ? { past, present, fresh: node.input[1 + index]! } : undefined;
};

const join = (view: GraphView, node: NodeProto, index: 0 | 1): Joined =>
  inside(node, index) ?? readJoined(view, node, node.input[1 + index]!);

export const attentionOperator: Form = {
  operator: "Attention",
  read: (view, node, facts) => {
    const at = nameOf(node);
    const { integer, float } = attributesOf(node, known);
    check(
      node.output.slice(3).every((name) => name === ""),
      `${at} must not give its scores`,
      node.output[3],
    );
    const rows = integer("q_num_heads", 0) > 0;
    check(!rows, `${at} must take heads [batch, numHeads, seqLen, headDim]`, "rows with q_num_heads");
    const [keys, values] = [join(view, node, 0), join(view, node, 1)];
    const cache = readCache(view, node, { past: [keys.past, values.past], present: [keys.present, values.present] });
    const headDim = cache.headDim ?? facts.headDim();
    const numHeads = facts.numHeads();
    const numKvHeads = cache.numKvHeads ?? facts.numKvHeads();
    const mask = node.input[3] ?? "";
    if (mask === "") return refuse(`${at} must have a mask, got none`);
    const query = readRotated(view, node, node.input[0]!, { numHeads, headDim }, facts);
    const key = readRotated(view, node, keys.fresh, { numHeads: numKvHeads, headDim }, facts);
    check(query.layout === key.layout, `${at} must have queries and keys that rotate alike`, key.layout);
    const window = readMask(view, node, mask, facts);
    return {
      node: node.name,
      projections: {
        kind: "separate",
        query: query.tensor,
        key: key.tensor,
        value: { name: values.fresh, layout: "heads" },
      },
      past: cache.past,
      present: cache.present,
      type: cache.type,
      output: { name: node.output[0]!, layout: "heads" },
      numHeads,
      numKvHeads,
      headDim,
      rotaryDim: query.rotaryDim,
      layout: query.layout,
      scale: float("scale", 0) || 1 / Math.sqrt(headDim),
      softcap: float("softcap", 0),
      ...(window === undefined ? {} : { window }),
    };
  },
};
