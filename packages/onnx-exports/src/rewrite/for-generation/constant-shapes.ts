/**
 * Lengths that an export computes, told: a GPU's provider has no operators for integers that are shapes, and where there is one
 * sequence all of a shape is known but the chunk's length, which Reshape finds by itself.
 *
 *     Gather(table, Unsqueeze(ids))             ->  Unsqueeze(Gather(table, ids))
 *     Reshape(x, [batch, seqLen, heads, 64])    ->  Reshape(x, [1, -1, heads, 64])
 *     Reshape(x, [batch, seqLen, -1])           ->  Reshape(x, [1, 0, -1]), where the same axis of x is the length
 *
 * What is not of these forms stays as it is.
 */
import {
  ndArray,
  node as newNode,
  tensorFromArray,
  type ModelProto,
  type NdArray,
  type NodeProto,
} from "@ropewalk/graph";
import { evaluateValue, type Feeds } from "../../recognise/trial/evaluate-value.ts";
import { viewGraph, type GraphView } from "../../graph/graph-view.ts";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { isOurs, scopeName } from "../splice.ts";
import { neededNames } from "../../graph/topology.ts";

export type Chunk = {
  /** The tokens [seqLen], and the same as the export has them [1, seqLen]. */
  readonly ids: string;
  readonly tokens: string;
  readonly attentionMatches: readonly AttentionMatch[];
};

const tables = new Set(["Gather", "GatherBlockQuantized"]);

/** Operators whose result has the first two axes of an input that has rows. */
const alongRows = new Set(
  (
    "Add Cast Div Gelu LayerNormalization MatMul MatMulNBits Mul Pow RMSNormalization Reciprocal ReduceMean Sigmoid " +
    "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization Sqrt Sub Tanh"
  ).split(" "),
);

const integerOf = ({ attribute }: NodeProto, name: string): number | undefined => {
  const found = attribute.find((one) => one.name === name);
  return found && Number(found.i);
};

/** Whether a node gives the rows of a table that the tokens name. */
const looksUp = (node: NodeProto, { tokens }: Chunk): boolean =>
  tables.has(node.opType) &&
  node.input[1] === tokens &&
  (integerOf(node, "axis") ?? integerOf(node, "gather_axis") ?? 0) === 0;

/** Values that are [1, seqLen, …]. */
const rowsOf = (view: GraphView, { attentionMatches, ...chunk }: Chunk): ReadonlySet<string> =>
  view.once("rows", () => {
    const layouts = new Map(attentionMatches.map(({ output }) => [output.name, output.layout]));
    const rows = new Set(attentionMatches.flatMap(({ output }) => (output.layout === "rows" ? [output.name] : [])));
    const has = (node: NodeProto): boolean => {
      if (tables.has(node.opType)) return looksUp(node, { attentionMatches, ...chunk });
      if (node.opType === "Transpose") {
        const swapped = String(node.attribute.find((one) => one.name === "perm")?.ints) === "0,2,1,3";
        return swapped && layouts.get(node.input[0]!) === "heads";
      }
      return alongRows.has(node.opType) && node.input.some((input) => rows.has(input));
    };
    for (const node of view.sorted(view.graph.node))
      if (has(node)) for (const output of node.output) if (!layouts.has(output)) rows.add(output);
    return rows;
  });

/** What Shape gives for a value of `rank` axes or more, the first two known. */
const shapeOf = (node: NodeProto, length: number, rank: number): NdArray => {
  const dims = Array.from({ length: rank }, (_, axis) => [1, length][axis] ?? NaN);
  const [start, end] = [integerOf(node, "start") ?? 0, integerOf(node, "end") ?? rank];
  const asked = dims.slice(start, end);
  return ndArray("int64", [asked.length], asked);
};

/** What every Shape of rows gives for a chunk of `length` tokens. */
const shapesFor = (view: GraphView, chunk: Chunk, length: number): Feeds =>
  view.once(`shapes ${length}`, () => {
    const rows = rowsOf(view, chunk);
    return new Map(
      view.graph.node.flatMap((node) => {
        const [of = ""] = node.input;
        if (node.opType !== "Shape" || (of !== chunk.tokens && !rows.has(of))) return [];
        return [[node.output[0]!, shapeOf(node, length, of === chunk.tokens ? 2 : 3)] as const];
      }),
    );
  });

/** A shape for a chunk of `length` tokens; undefined where it depends on anything else. */
const shapeFor = (view: GraphView, chunk: Chunk, name: string, length: number): readonly number[] | undefined => {
  try {
    return [...evaluateValue(view, name, shapesFor(view, chunk, length)).data];
  } catch {
    return undefined;
  }
};

/** Two lengths of no other meaning. */
const trials = [1009, 2003] as const;

/** The shape with the length left to Reshape. */
const settled = (view: GraphView, chunk: Chunk, { input }: NodeProto): readonly number[] | undefined => {
  const [one, other] = trials.map((length) => shapeFor(view, chunk, input[1]!, length));
  if (one === undefined || other === undefined || one.length !== other.length) return undefined;
  const isLength = (axis: number): boolean => one[axis] === trials[0] && other[axis] === trials[1];
  const open = one.includes(-1);
  const shape = one.map((size, axis) => {
    if (size === other[axis]) return size;
    if (!isLength(axis)) return NaN;
    if (!open) return -1;
    return axis === 1 && rowsOf(view, chunk).has(input[0]!) ? 0 : NaN;
  });
  const atMostOne = shape.filter((size) => size === -1).length <= 1;
  return atMostOne && shape.every(Number.isInteger) ? shape : undefined;
};

const settleShapes = (view: GraphView, chunk: Chunk): void => {
  for (const node of view.graph.node) {
    if (node.opType !== "Reshape" || isOurs(node) || view.constant(node.input[1]!)) continue;
    const shape = settled(view, chunk, node);
    if (shape === undefined) continue;
    const name = `/${scopeName}/shape_${shape.join("_")}`;
    if (!view.graph.initializer.some((tensor) => tensor.name === name))
      view.graph.initializer.push(tensorFromArray(ndArray("int64", [shape.length], shape), name));
    node.input = [node.input[0]!, name];
    // A size of 0 is the input's own.
    node.attribute = node.attribute.filter((one) => one.name !== "allowzero");
  }
};

const settleTables = ({ graph }: GraphView, chunk: Chunk): void => {
  const axes = `/${scopeName}/first_axis`;
  graph.node = graph.node.flatMap((node) => {
    if (!looksUp(node, chunk)) return [node];
    const [output] = node.output;
    const rows = `/${scopeName}/export/${output}`;
    node.input = node.input.map((name) => (name === chunk.tokens ? chunk.ids : name));
    node.output = [rows];
    return [node, newNode("Unsqueeze", [rows, axes], [output!], {}, { name: `${rows}/axis` })];
  });
  graph.initializer.push(tensorFromArray(ndArray("int64", [1], [0]), axes));
};

/** Settles what can be, and leaves out what nothing needs; changes the model, whose attention is recorded already. */
export const settleLengths = (chunk: Chunk, model: ModelProto): void => {
  const view = viewGraph(model);
  const { graph } = view;
  settleShapes(view, chunk);
  settleTables(view, chunk);
  const needed = neededNames(
    graph.node,
    graph.output.map(({ name }) => name),
  );
  graph.node = graph.node.filter(({ output }) => output.some((name) => needed.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => needed.has(name));
};
