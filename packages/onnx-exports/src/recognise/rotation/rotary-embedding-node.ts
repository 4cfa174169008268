/**
 * RotaryEmbedding, an operator of ONNX Runtime's own domain.
 *
 *     x, position ids, table of cosines, table of sines
 */
import type { NodeProto } from "@ropewalk/graph";
import { readAttributes } from "../read-attributes.ts";
import { check, refuse } from "../../errors.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import type { AttentionMatch } from "../attention-match.ts";
import type { LayerFacts } from "../layer-facts.ts";
import { checkLength } from "../trial/check-length.ts";
import { readTables } from "./check-tables.ts";

type ContribRotation = Pick<AttentionMatch, "rotaryDim" | "layout"> & {
  /** The value that is rotated. */
  readonly input: string;
};

export const layoutOf = (interleaved: number): AttentionMatch["layout"] =>
  interleaved === 0 ? "halves" : "interleaved";

/** The heads of the value that is rotated. */
type Heads = { readonly numHeads: number; readonly headDim: number };

/**
 * The rotation that makes a value.
 *
 * @param node - the node that takes the value
 */
const readContribRotary = (
  view: ExportView,
  node: NodeProto,
  value: string,
  { numHeads, headDim }: Heads,
  facts: LayerFacts,
): ContribRotation => {
  const maker = view.maker(value);
  if (maker?.opType !== "RotaryEmbedding" || maker.domain !== "com.microsoft")
    return refuse(
      `${describeNode(node)} must rotate by itself (do_rotary) or take what RotaryEmbedding rotates, got "${value}" of ${maker ? describeNode(maker) : "no node"}`,
    );
  const at = describeNode(maker);
  const { integer, float } = readAttributes(maker, [
    "interleaved",
    "num_heads",
    "rotary_embedding_dim",
    "scale",
    "is_packed_batching",
  ]);
  check(integer("is_packed_batching", 0) === 0, `${at}: is_packed_batching must be 0`, 1);
  check(float("scale", 1) === 1, `${at}: scale must be 1`, float("scale", 1));
  const [input = "", places = "", cos = "", sin = ""] = maker.input;
  const heads = integer("num_heads", 0);
  check(
    heads === 0 || heads === numHeads,
    `${at}: num_heads must be ${numHeads}, as ${describeNode(node)} has it`,
    heads,
  );
  checkLength(view, maker, "places", places);
  const rotaryDim = readTables(view, maker, { cos, sin, headDim }, facts);
  const asked = integer("rotary_embedding_dim", 0);
  check(
    asked === 0 || asked === rotaryDim,
    `${at}: rotary_embedding_dim must be twice the tables' width, ${rotaryDim}`,
    asked,
  );
  // Without num_heads the operator takes a head to be as wide as the part that rotates.
  check(
    heads > 0 || rotaryDim === headDim,
    `${at}: num_heads must be given where ${rotaryDim} of ${headDim} dimensions rotate`,
    heads,
  );
  return { input, rotaryDim, layout: layoutOf(integer("interleaved", 0)) };
};

/** Refuses queries or keys that are rotated in a layer that has no rotation by config.json. */
const checkUnrotated = (view: ExportView, node: NodeProto, name: string, { layer }: LayerFacts): void => {
  const maker = view.maker(name);
  if (maker?.opType === "RotaryEmbedding")
    refuse(
      `${describeNode(node)} must not rotate queries and keys, as config.json says of layer ${layer}, got ${describeNode(maker)}`,
    );
};

/** The rotation of queries and keys, which must be the same. If the layer has none, `rotaryDim` is 0. */
export const readContribPair = (
  view: ExportView,
  node: NodeProto,
  {
    query,
    key,
  }: { readonly query: readonly [name: string, numHeads: number]; readonly key: readonly [string, number] },
  headDim: number,
  facts: LayerFacts,
): { readonly query: string; readonly key: string } & Pick<AttentionMatch, "rotaryDim" | "layout"> => {
  if (facts.rope(headDim) === undefined) {
    for (const [name] of [query, key]) checkUnrotated(view, node, name, facts);
    return { query: query[0], key: key[0], rotaryDim: 0, layout: "halves" };
  }
  const [q, k] = [query, key].map(([value, numHeads]) =>
    readContribRotary(view, node, value, { numHeads, headDim }, facts),
  );
  if (q!.rotaryDim !== k!.rotaryDim || q!.layout !== k!.layout)
    return refuse(
      `${describeNode(node)} must have queries and keys that rotate alike, got ${q!.rotaryDim} ${q!.layout} and ${k!.rotaryDim} ${k!.layout}`,
    );
  return { query: q!.input, key: k!.input, rotaryDim: q!.rotaryDim, layout: q!.layout };
};
