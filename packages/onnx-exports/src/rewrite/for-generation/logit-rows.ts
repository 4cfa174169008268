/**
 * Where the rows that get logits are picked: as early as nothing behind mixes the rows of a chunk, so that the product with the
 * vocabulary is not taken for tokens whose logits nobody asked for.
 *
 *     hidden [1, seqLen, hiddenDim] -> rows -> product with the vocabulary -> softcap, casts, … -> logits [1, rows, vocabSize]
 */
import type { NodeProto } from "@ropewalk/graph";
import type { GraphView } from "../../graph/graph-view.ts";

/** Products of a row with a matrix: rows in their first input. */
const products = new Set(["MatMul", "MatMulNBits"]);

/** What is done to each element by itself, with a constant beside. */
const elementwise = new Set(["Cast", "Identity", "Add", "Sub", "Mul", "Div", "Tanh"]);

/** The input of a node that is no constant, where there is one such; it has one taker. */
const onlyMoving = (view: GraphView, { input }: NodeProto): string | undefined => {
  const moving = input.filter((name) => name !== "" && !view.tensor(name));
  return moving.length === 1 ? moving[0] : undefined;
};

/** An edge of the graph: a node, and which of its inputs. */
export type Edge = { readonly node: NodeProto; readonly input: number };

/** Where rows can be picked ahead of `logits`; undefined: at the logits themselves. */
export const findRowEdge = (view: GraphView, logits: string): Edge | undefined => {
  let at = logits;
  for (;;) {
    const node = view.maker(at);
    if (node === undefined || view.takers(at).length > (view.outputs.has(at) ? 0 : 1)) return undefined;
    if (products.has(node.opType)) return view.initializer(node.input[0]!) ? undefined : { node, input: 0 };
    const moving = elementwise.has(node.opType) ? onlyMoving(view, node) : undefined;
    if (moving === undefined) return undefined;
    at = moving;
  }
};
