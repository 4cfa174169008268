/**
 * Finds the place where the rows that get logits are picked: as early as no later node mixes the rows of a chunk. Then the product with the
 * vocabulary is not computed for tokens whose logits are not asked for.
 *
 *     hidden [1, seqLen, hiddenDim] -> rows -> product with the vocabulary -> softcap, casts, … -> logits [1, rows, vocabSize]
 */
import type { GraphView, NodeProto } from "@ropewalk/graph";

/** Products of rows with a matrix; the rows are their first input. */
const products = new Set(["MatMul", "MatMulNBits"]);

/** Operators that change each element by itself. */
const elementwise = new Set(["Cast", "Identity", "Add", "Sub", "Mul", "Div", "Tanh"]);

/** The one input of a node that is not constant; undefined if there are several or none. */
const onlyVariableInput = (view: GraphView, { input }: NodeProto): string | undefined => {
  const variable = input.filter((name) => name !== "" && !view.tensor(name));
  return variable.length === 1 ? variable[0] : undefined;
};

/** An input of a node, by its place in the list of inputs. */
export type NodeInput = { readonly node: NodeProto; readonly index: number };

/** The input where rows can be picked ahead of `logits`; undefined: only at the logits themselves. */
export const findRowInput = (view: GraphView, logits: string): NodeInput | undefined => {
  let name = logits;
  for (;;) {
    const node = view.maker(name);
    const otherTakers = view.takers(name).length - (view.outputs.has(name) ? 0 : 1);
    if (node === undefined || otherTakers > 0) return undefined;
    if (products.has(node.opType)) return view.initializer(node.input[0]!) ? undefined : { node, index: 0 };
    const variable = elementwise.has(node.opType) ? onlyVariableInput(view, node) : undefined;
    if (variable === undefined) return undefined;
    name = variable;
  }
};
