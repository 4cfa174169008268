/**
 * Attention of ONNX, since opset 23.
 *
 *     query, key, value [, mask, past key, past value]
 *
 * The node joins past and new keys itself, or a Concat before it does.
 */
import type { NodeProto } from "@ropewalk/graph";
import { readAttributes } from "../read-attributes.ts";
import { check } from "../../errors.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import type { Form } from "./form.ts";
import { matchHeads } from "../match-heads.ts";
import { readJoined, type Joined } from "../joined-cache.ts";

const known = [
  "is_causal",
  "scale",
  "softcap",
  "q_num_heads",
  "kv_num_heads",
  "qk_matmul_output_mode",
  "softmax_precision",
];

/** The join that the node itself does; undefined if it takes no past. */
const joinInside = (node: NodeProto, index: 0 | 1): Joined | undefined => {
  const [past, present] = [node.input[4 + index], node.output[1 + index]];
  return past && present ? { past, present, fresh: node.input[1 + index]! } : undefined;
};

const join = (view: ExportView, node: NodeProto, index: 0 | 1): Joined =>
  joinInside(node, index) ?? readJoined(view, node, node.input[1 + index]!);

export const attentionOperator: Form = {
  operator: "Attention",
  read: (view, node, facts) => {
    const at = describeNode(node);
    const { integer, float } = readAttributes(node, known);
    check(
      node.output.slice(3).every((name) => name === ""),
      `${at} must not give its scores`,
      node.output[3],
    );
    // is_causal counts from the first key, past ones included, so it would hide new keys from new queries. The mask says what is seen.
    check(integer("is_causal", 0) === 0, `${at}: is_causal must be 0 where there is a mask`, integer("is_causal", 0));
    const unknown = node.input.slice(6).find((name) => name !== "");
    check(unknown === undefined, `${at} must have no inputs behind the past`, `"${unknown}"`);
    const rows = integer("q_num_heads", 0) > 0;
    check(!rows, `${at} must take heads [batch, numHeads, seqLen, headDim]`, "rows with q_num_heads");
    const [keys, values] = [join(view, node, 0), join(view, node, 1)];
    const names = { query: node.input[0]!, keys, values, mask: node.input[3] ?? "", output: node.output[0]! };
    const attentionMatch = matchHeads(view, node, names, facts);
    return {
      ...attentionMatch,
      scale: float("scale", 0) || 1 / Math.sqrt(attentionMatch.headDim),
      softcap: float("softcap", 0),
    };
  },
};
