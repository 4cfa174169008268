/**
 * Attention in basic operators, which is found by its Softmax:
 *
 *     S = q kᵀ, scaled on one side or the other, softcapped or not, + mask
 *     out = Softmax(S) v
 *
 * The operators show the way from the Softmax up to queries, keys and mask, and down to the output. The numbers are found by running
 * the operators: scale and softcap come from the scores of small and of large queries. Then the output is compared with attention in
 * plain loops.
 */
import type { NodeProto } from "@ropewalk/graph";
import { refuse } from "../../errors.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import type { LayerFacts } from "../layer-facts.ts";
import type { Form } from "./form.ts";
import { matchHeads } from "../match-heads.ts";
import { readJoined, type Joined } from "../joined-cache.ts";
import { isRotated } from "../rotation/rotated-value.ts";
import { tryAttention } from "../trial/try-attention.ts";

/** Operators between the Softmax and the product with the values. */
const afterSoftmax = new Set(["Where", "IsNaN", "Cast", "Dropout", "Identity"]);

/** More nodes than any export has between the parts of one attention. */
const maxNodes = 200;

/** The product of attention weights with values; undefined when the Softmax belongs to no attention. */
const weightedSum = (view: ExportView, softmax: NodeProto): NodeProto | undefined => {
  const visited = new Set<string>();
  const stack = [softmax.output[0]!];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (visited.has(name)) continue;
    visited.add(name);
    if (visited.size > maxNodes)
      return refuse(`${describeNode(softmax)} must have few nodes behind it, got more than ${maxNodes}`);
    const takers = view.takers(name);
    const sum = takers.find(({ opType, input }) => opType === "MatMul" && input[0] === name);
    if (sum) return sum;
    for (const taker of takers.slice(0, maxNodes)) if (afterSoftmax.has(taker.opType)) stack.push(taker.output[0]!);
  }
  return undefined;
};

/** Operators between the Softmax and the product of queries and keys before it. */
const beforeSoftmax = new Set(["Add", "Sub", "Mul", "Div", "Where", "Cast", "Tanh", "Identity", "Max"]);

type Path = {
  readonly product: NodeProto;
  readonly query: string;
  /** Values that are added to the scores, or that say which scores count. */
  readonly masks: readonly string[];
};

/** Operators between the rotation of queries and their product with keys. */
const scales = new Set(["Mul", "Div", "Cast", "Identity"]);

/**
 * Looks at a value and at those it is made of, up through the given operators, each once.
 *
 * @param look - gives what is looked for if it is at a value; undefined otherwise
 * @returns the first thing found, and the nodes on the way down to `name`, each with the index of the input on the way
 */
const climb = <T>(
  view: ExportView,
  through: ReadonlySet<string>,
  name: string,
  look: (name: string) => T | undefined,
): { readonly found: T; readonly way: readonly (readonly [NodeProto, number])[] } | undefined => {
  const visited = new Set<string>();
  const from = (at: string): ReturnType<typeof climb<T>> => {
    if (visited.has(at) || visited.size > maxNodes) return undefined;
    visited.add(at);
    const found = look(at);
    if (found !== undefined) return { found, way: [] };
    const node = view.maker(at);
    if (node === undefined || !through.has(node.opType)) return undefined;
    for (const [i, input] of node.input.entries()) {
      const above = from(input);
      if (above) return { found: above.found, way: [...above.way, [node, i]] };
    }
    return undefined;
  };
  return from(name);
};

/** The rotated queries that a value is made of. */
const leadsToQuery = (view: ExportView, name: string): string | undefined =>
  climb(view, scales, name, (value) => (isRotated(view, value) ? value : undefined))?.found;

/** The input that a node casts, or scales by a constant number; undefined if it does something else. */
const scaledInput = (view: ExportView, { opType, input }: NodeProto): string | undefined => {
  if (opType === "Cast" || opType === "Identity") return input[0];
  if (opType !== "Mul" && opType !== "Div") return undefined;
  const isNumber = (name: string | undefined): boolean => view.constant(name ?? "")?.data.length === 1;
  if (isNumber(input[1])) return input[0];
  return opType === "Mul" && isNumber(input[0]) ? input[1] : undefined;
};

/** The queries that a value is made of if nothing rotates them: the value before any scaling. */
const unscaled = (view: ExportView, name: string): string => {
  let at = name;
  for (let step = 0; step < maxNodes; step++) {
    const node = view.maker(at);
    const before = node && scaledInput(view, node);
    if (before === undefined) break;
    at = before;
  }
  return at;
};

/** The way up from a value to the product of queries and keys; undefined if there is none. */
const pathToProduct = (view: ExportView, name: string, rotates: boolean): Path | undefined => {
  const toQuery = rotates ? leadsToQuery : unscaled;
  const path = climb(view, beforeSoftmax, name, (value) => {
    const node = view.maker(value);
    const query = node?.opType === "MatMul" ? toQuery(view, node.input[0]!) : undefined;
    return query === undefined ? undefined : { product: node!, query };
  });
  if (path === undefined) return undefined;
  const masks = path.way.flatMap(([node, i]) => {
    if (node.opType === "Where") return [node.input[0]!];
    return node.opType === "Add" || node.opType === "Sub" ? node.input.filter((_, other) => other !== i) : [];
  });
  return { ...path.found, masks };
};

type Parts = {
  readonly softmax: NodeProto;
  readonly sum: NodeProto;
  readonly query: string;
  readonly keys: Joined;
  readonly values: Joined;
  readonly mask: string;
};

const partsOf = (view: ExportView, softmax: NodeProto, facts: LayerFacts): Parts | undefined => {
  const at = describeNode(softmax);
  const sum = weightedSum(view, softmax);
  if (!sum) return undefined;
  const rotates = facts.rope(facts.headDim()) !== undefined;
  const path = pathToProduct(view, softmax.input[0]!, rotates);
  if (!path)
    return refuse(
      `${at} must be of scores that ${rotates ? "rotated " : ""}queries and keys give (MatMul), got "${softmax.input[0]}"`,
    );
  const masks = [...new Set(path.masks)];
  const [mask] = masks;
  if (mask === undefined || masks.length !== 1)
    return refuse(`${at} must have one mask on its scores, got ${masks.length === 0 ? "none" : masks.join(" and ")}`);
  return {
    softmax,
    sum,
    query: path.query,
    keys: readJoined(view, softmax, path.product.input[1]!),
    values: readJoined(view, softmax, sum.input[1]!),
    mask,
  };
};

export const decomposedAttention: Form = {
  operator: "Softmax",
  read: (view, softmax, facts) => {
    const parts = partsOf(view, softmax, facts);
    if (parts === undefined) return undefined;
    const { keys, values, query, mask, sum } = parts;
    const output = sum.output[0]!;
    const attentionMatch = matchHeads(view, softmax, { query, keys, values, mask, output }, facts);
    const { numHeads, numKvHeads, headDim, window } = attentionMatch;
    const numbers = tryAttention(view, {
      node: softmax,
      scores: softmax.input[0]!,
      output,
      query,
      keys: keys.present,
      values: values.present,
      numHeads,
      numKvHeads,
      headDim,
      window,
    });
    return { ...attentionMatch, ...numbers };
  },
};
