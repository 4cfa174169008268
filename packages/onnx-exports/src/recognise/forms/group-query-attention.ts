/**
 * GroupQueryAttention, an operator of ONNX Runtime's own domain.
 *
 *     query [, key, value], past key, past value, seqlens_k, total length [, cos, sin, position ids]
 *     [, bias, head sink, scale of keys, scale of values, norm of queries, norm of keys]
 *
 * Without key and value, the query is packed: it has the queries, keys and values of a token side by side. With do_rotary the node
 * itself rotates queries and keys, by tables. Without, RotaryEmbedding nodes before it do.
 */
import type { NodeProto } from "@ropewalk/graph";
import { readAttributes } from "../read-attributes.ts";
import { check, refuse } from "../../errors.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import type { AttentionMatch, Projections } from "../attention-match.ts";
import { readCache } from "../past-and-present.ts";
import { layoutOf, readContribPair } from "../rotation/rotary-embedding-node.ts";
import type { LayerFacts } from "../layer-facts.ts";
import type { Form } from "./form.ts";
import { checkLength } from "../trial/check-length.ts";
import { readTables } from "../rotation/check-tables.ts";

const known = [
  "num_heads",
  "kv_num_heads",
  "scale",
  "softcap",
  "local_window_size",
  "do_rotary",
  "rotary_interleaved",
  "smooth_softmax",
  "qk_output",
  // It makes the cache keep only the window. A rewritten graph keeps an ordinary cache.
  "sliding_window_cache",
  "qk_norm_epsilon",
];

/** The value of ONNX Runtime for nodes that do not state one. */
const defaultNormEpsilon = 1e-6;

/** The norms of heads that the node computes before its rotation. */
const readHeadNorms = (
  view: ExportView,
  node: NodeProto,
  epsilon: number,
  headDim: number,
): Pick<AttentionMatch, "headNorms"> => {
  const [query = "", key = ""] = node.input.slice(14, 16);
  if (query === "" && key === "") return {};
  for (const name of [query, key]) {
    const dims = view.tensor(name)?.dims;
    check(
      dims?.length === 1 && Number(dims[0]) === headDim,
      `${describeNode(node)} must norm heads by constants [${headDim}]`,
      `"${name}"${dims === undefined ? "" : ` [${dims.join()}]`}`,
    );
  }
  return { headNorms: { query, key, epsilon } };
};

const rows = (name: string) => ({ name, layout: "rows" as const });

type Rotated = Pick<AttentionMatch, "rotaryDim" | "layout"> & { readonly projections: Projections };

type Numbers = Pick<AttentionMatch, "numHeads" | "numKvHeads" | "headDim"> & {
  readonly doRotary: boolean;
  readonly interleaved: number;
};

const readRotation = (view: ExportView, node: NodeProto, numbers: Numbers, facts: LayerFacts): Rotated => {
  const { doRotary, interleaved, numHeads, numKvHeads, headDim } = numbers;
  const [query = "", key = "", value = ""] = node.input;
  const packed = key === "" && value === "";
  if (doRotary) {
    const [cos = "", sin = "", places = ""] = node.input.slice(7, 10);
    if (places !== "") checkLength(view, node, "places", places);
    return {
      projections: packed
        ? { kind: "packed", name: query }
        : { kind: "separate", query: rows(query), key: rows(key), value: rows(value) },
      rotaryDim: readTables(view, node, { cos, sin, headDim }, facts),
      layout: layoutOf(interleaved),
    };
  }
  if (packed && facts.rope(headDim) === undefined)
    return { projections: { kind: "packed", name: query }, rotaryDim: 0, layout: layoutOf(interleaved) };
  if (packed) return refuse(`${describeNode(node)} must rotate packed queries and keys by itself, got do_rotary 0`);
  const pair = readContribPair(view, node, { query: [query, numHeads], key: [key, numKvHeads] }, headDim, facts);
  return {
    projections: { kind: "separate", query: rows(pair.query), key: rows(pair.key), value: rows(value) },
    rotaryDim: pair.rotaryDim,
    layout: pair.layout,
  };
};

export const groupQueryAttention: Form = {
  operator: "com.microsoft:GroupQueryAttention",
  read: (view, node, facts) => {
    const at = describeNode(node);
    const { integer, float } = readAttributes(node, known);
    check(integer("smooth_softmax", 0) <= 0, `${at}: smooth_softmax must be off`, integer("smooth_softmax", 0));
    check(integer("qk_output", 0) === 0, `${at}: qk_output must be 0`, integer("qk_output", 0));
    const unknown = node.input.slice(10).find((name, place) => name !== "" && place !== 4 && place !== 5);
    if (unknown !== undefined)
      return refuse(`${at} must have no attention bias, head sink or quantized cache, got the input "${unknown}"`);
    const cache = readCache(view, node, { past: node.input.slice(3, 5), present: node.output.slice(1, 3) });
    const headDim = cache.headDim ?? facts.headDim();
    const window = integer("local_window_size", -1);
    const sizes = { numHeads: integer("num_heads", 0), numKvHeads: integer("kv_num_heads", 0), headDim };
    const [last = "", total = ""] = node.input.slice(5, 7);
    checkLength(view, node, "last", last);
    checkLength(view, node, "total", total);
    const rotation = {
      ...sizes,
      doRotary: integer("do_rotary", 0) !== 0,
      interleaved: integer("rotary_interleaved", 0),
    };
    return {
      node: node.name,
      ...readRotation(view, node, rotation, facts),
      ...readHeadNorms(view, node, float("qk_norm_epsilon", defaultNormEpsilon), headDim),
      past: cache.past,
      present: cache.present,
      type: cache.type,
      output: rows(node.output[0]!),
      ...sizes,
      scale: float("scale", 0) || 1 / Math.sqrt(headDim),
      softcap: float("softcap", 0),
      ...(window > 0 ? { window } : {}),
    };
  },
};
