/**
 * RotaryEmbedding of ONNX Runtime's own domain: x, position ids, a table of cosines and one of sines.
 *
 * The tables are not read; those of the rewritten graph are computed anew.
 */
import type { NodeProto } from "@ropewalk/graph";
import { attributesOf } from "../attributes.ts";
import { check, refuse } from "../check.ts";
import { nameOf, type GraphView } from "../graph-view.ts";
import type { AttentionSite } from "../site.ts";

type ContribRotation = Pick<AttentionSite, "rotaryDim" | "layout"> & {
  /** What is rotated. */
  readonly input: string;
};

/** How many dimensions the rows of a table rotate. */
export const rotaryDimOfTable = (view: GraphView, node: NodeProto, table: string | undefined): number => {
  const width = view.initializer(table ?? "")?.dims[1] ?? view.info(table ?? "")?.dims?.[1];
  if (width === undefined || typeof width === "string")
    return refuse(`${nameOf(node)} must have a table of cosines whose width is known, got "${table ?? ""}"`);
  return 2 * Number(width);
};

export const layoutOf = (interleaved: number): AttentionSite["layout"] =>
  interleaved === 0 ? "halves" : "interleaved";

/** The rotation that makes a value, which `node` takes. */
const readContribRotary = (view: GraphView, node: NodeProto, value: string): ContribRotation => {
  const maker = view.maker(value);
  if (maker?.opType !== "RotaryEmbedding" || maker.domain !== "com.microsoft")
    return refuse(
      `${nameOf(node)} must rotate by itself (do_rotary) or take what RotaryEmbedding rotates, got "${value}" of ${maker ? nameOf(maker) : "no node"}`,
    );
  const { integer } = attributesOf(maker, [
    "interleaved",
    "num_heads",
    "rotary_embedding_dim",
    "scale",
    "is_packed_batching",
  ]);
  check(integer("is_packed_batching", 0) === 0, `${nameOf(maker)}: is_packed_batching must be 0`, 1);
  const [input, , cos] = maker.input;
  return {
    input: input!,
    rotaryDim: integer("rotary_embedding_dim", 0) || rotaryDimOfTable(view, maker, cos),
    layout: layoutOf(integer("interleaved", 0)),
  };
};

/** The rotations of queries and keys, which must be alike. */
export const readContribPair = (
  view: GraphView,
  node: NodeProto,
  query: string,
  key: string,
): { readonly query: string; readonly key: string } & Pick<AttentionSite, "rotaryDim" | "layout"> => {
  const [q, k] = [query, key].map((value) => readContribRotary(view, node, value));
  if (q!.rotaryDim !== k!.rotaryDim || q!.layout !== k!.layout)
    return refuse(`${nameOf(node)} must have queries and keys that rotate alike, got ${JSON.stringify([q, k])}`);
  return { query: q!.input, key: k!.input, rotaryDim: q!.rotaryDim, layout: q!.layout };
};
