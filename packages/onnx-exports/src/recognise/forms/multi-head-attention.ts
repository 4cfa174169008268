/**
 * MultiHeadAttention, an operator of ONNX Runtime's own domain. RotaryEmbedding nodes before it rotate queries and keys.
 *
 *     query, key, value, bias, padding mask, attention bias, past key, past value
 */
import type { NodeProto } from "@ropewalk/graph";
import { readAttributes } from "../read-attributes.ts";
import { check, refuse } from "../../errors.ts";
import { evaluateFor, trialInputs } from "../trial/evaluate-value.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import { readCache } from "../past-and-present.ts";
import { readContribPair } from "../rotation/rotary-embedding-node.ts";
import type { LayerFacts } from "../layer-facts.ts";
import type { Form } from "./form.ts";
import { checkLength } from "../trial/check-length.ts";
import { readMask } from "../trial/read-mask.ts";

const known = ["num_heads", "scale", "unidirectional", "mask_filter_value"];

/** The window of the mask that is added to the scores; undefined if it has none, or if the node itself is causal. */
const windowOf = (
  view: ExportView,
  node: NodeProto,
  unidirectional: boolean,
  facts: LayerFacts,
): number | undefined => {
  const mask = node.input[5] ?? "";
  if (mask !== "") return readMask(view, node, mask, facts);
  return unidirectional
    ? undefined
    : refuse(`${describeNode(node)} must be causal, by unidirectional or by an attention bias, got neither`);
};

/** Checks that a padding mask, [batch, keys] or the length of each row, hides nothing of a prompt without padding. */
const checkUnpadded = (view: ExportView, node: NodeProto, name: string): void => {
  const [pastLen, queryLen] = [4, 3];
  const what = "the padding mask";
  const mask = evaluateFor(view, { node, name, what }, trialInputs(view, { pastLen, queryLen }));
  const all = pastLen + queryLen;
  const holds =
    (mask.dims.length === 1 && mask.data.length === 1 && mask.data[0] === all) ||
    (mask.data.length === all && mask.data.every((seen) => seen !== 0));
  check(holds, `${describeNode(node)}: ${what} "${name}" must hide nothing of a prompt without padding`, [
    ...mask.data.slice(0, 8),
  ]);
};

export const multiHeadAttention: Form = {
  operator: "com.microsoft:MultiHeadAttention",
  read: (view, node, facts) => {
    const at = describeNode(node);
    const { integer, float } = readAttributes(node, known);
    const [query = "", key = "", value = "", bias = ""] = node.input;
    check(key !== "" && value !== "", `${at} must take queries, keys and values apart`, "packed ones");
    check(bias === "", `${at} must have no bias`, `"${bias}"`);
    const padding = node.input[4] ?? "";
    if (padding !== "") checkUnpadded(view, node, padding);
    const [pastLength = "", ...others] = node.input.slice(8);
    if (pastLength !== "") checkLength(view, node, "past", pastLength);
    const unknown = others.find((name) => name !== "");
    check(unknown === undefined, `${at} must have no inputs behind the past`, `"${unknown}"`);
    const cache = readCache(view, node, { past: node.input.slice(6, 8), present: node.output.slice(1, 3) });
    const headDim = cache.headDim ?? facts.headDim();
    const numHeads = integer("num_heads", 0);
    const pair = readContribPair(view, node, { query: [query, numHeads], key: [key, numHeads] }, headDim, facts);
    const window = windowOf(view, node, integer("unidirectional", 0) === 1, facts);
    return {
      node: node.name,
      projections: {
        kind: "separate",
        query: { name: pair.query, layout: "rows" },
        key: { name: pair.key, layout: "rows" },
        value: { name: value, layout: "rows" },
      },
      past: cache.past,
      present: cache.present,
      type: cache.type,
      output: { name: node.output[0]!, layout: "rows" },
      numHeads,
      numKvHeads: numHeads,
      headDim,
      rotaryDim: pair.rotaryDim,
      layout: pair.layout,
      scale: float("scale", 0) || 1 / Math.sqrt(headDim),
      softcap: 0,
      ...(window === undefined ? {} : { window }),
    };
  },
};
