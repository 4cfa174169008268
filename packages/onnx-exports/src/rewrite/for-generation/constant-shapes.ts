/**
 * Shapes that an export computes become constants: a GPU's provider has no operators for integers that are shapes. The graph runs one
 * sequence, so all sizes of a shape are known but the chunk's length, which Reshape finds by itself.
 *
 *     Gather(table, Unsqueeze(ids))             ->  Unsqueeze(Gather(table, ids))
 *     Reshape(x, [batch, seqLen, heads, 64])    ->  Reshape(x, [1, -1, heads, 64])
 *     Reshape(x, [batch, seqLen, -1])           ->  Reshape(x, [1, 0, -1]), where the same axis of x is the length
 *
 * A node of another form stays as it is.
 */
import {
  ndArray,
  node as newNode,
  pruneGraph,
  tensorFromArray,
  type GraphProto,
  type ModelProto,
  type NdArray,
  type NodeProto,
} from "@ropewalk/graph";
import { viewExport, type ExportView } from "../../graph/export-view.ts";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { evaluateValue, type Feeds } from "../../recognise/trial/evaluate-value.ts";
import { isRecorded, scopeName } from "../splice.ts";

export type Chunk = {
  /** The tokens [seqLen]. */
  readonly ids: string;
  /** The same tokens as the export has them, [1, seqLen]. */
  readonly tokens: string;
  readonly attentionMatches: readonly AttentionMatch[];
};

const gathers = new Set(["Gather", "GatherBlockQuantized"]);

/** Operators whose result has the first two axes of an input that has rows. */
const keepsRows = new Set(
  (
    "Add Cast Div Gelu LayerNormalization MatMul MatMulNBits Mul Pow RMSNormalization Reciprocal ReduceMean Sigmoid " +
    "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization Sqrt Sub Tanh"
  ).split(" "),
);

const integerOf = ({ attribute }: NodeProto, name: string): number | undefined => {
  const found = attribute.find((each) => each.name === name);
  return found && Number(found.i);
};

/** Whether a node gives the rows of a table that the tokens name. */
const looksUpTokens = (node: NodeProto, { tokens }: Chunk): boolean =>
  gathers.has(node.opType) &&
  node.input[1] === tokens &&
  (integerOf(node, "axis") ?? integerOf(node, "gather_axis") ?? 0) === 0;

/** Values of the form [1, seqLen, …]. */
const rowsOf = (view: ExportView, chunk: Chunk): ReadonlySet<string> =>
  view.once("rows", () => {
    const layouts = new Map(chunk.attentionMatches.map(({ output }) => [output.name, output.layout]));
    const rows = new Set([...layouts].flatMap(([name, layout]) => (layout === "rows" ? [name] : [])));
    const givesRows = (node: NodeProto): boolean => {
      if (gathers.has(node.opType)) return looksUpTokens(node, chunk);
      if (node.opType === "Transpose") {
        const swapped = String(node.attribute.find(({ name }) => name === "perm")?.ints) === "0,2,1,3";
        return swapped && layouts.get(node.input[0]!) === "heads";
      }
      return keepsRows.has(node.opType) && node.input.some((input) => rows.has(input));
    };
    for (const node of view.sorted(view.graph.node))
      if (givesRows(node)) for (const output of node.output) if (!layouts.has(output)) rows.add(output);
    return rows;
  });

/** The result of Shape for a value of `rank` axes or more, of which the first two are known. */
const shapeResult = (node: NodeProto, length: number, rank: number): NdArray => {
  const dims = Array.from({ length: rank }, (_, axis) => [1, length][axis] ?? NaN);
  const asked = dims.slice(integerOf(node, "start") ?? 0, integerOf(node, "end") ?? rank);
  return ndArray("int64", [asked.length], asked);
};

/** The results of every Shape of rows, for a chunk of `length` tokens. */
const shapeResults = (view: ExportView, chunk: Chunk, length: number): Feeds =>
  view.once(`shapes ${length}`, () => {
    const rows = rowsOf(view, chunk);
    return new Map(
      view.graph.node.flatMap((node) => {
        const [input = ""] = node.input;
        if (node.opType !== "Shape" || (input !== chunk.tokens && !rows.has(input))) return [];
        return [[node.output[0]!, shapeResult(node, length, input === chunk.tokens ? 2 : 3)] as const];
      }),
    );
  });

/** A computed shape for a chunk of `length` tokens; undefined if it depends on anything else. */
const computedShape = (view: ExportView, chunk: Chunk, name: string, length: number): readonly number[] | undefined => {
  try {
    return [...evaluateValue(view, name, shapeResults(view, chunk, length)).data];
  } catch {
    return undefined;
  }
};

/** Two lengths of no other meaning: a size that is the first for the first and the second for the second is the length. */
const trialLengths = [1009, 2003] as const;

/** The constant shape of a Reshape, with the length left to Reshape; undefined if there is none. */
const constantShape = (view: ExportView, chunk: Chunk, { input }: NodeProto): readonly number[] | undefined => {
  const [one, other] = trialLengths.map((length) => computedShape(view, chunk, input[1]!, length));
  if (one === undefined || other === undefined || one.length !== other.length) return undefined;
  const isLength = (axis: number): boolean => one[axis] === trialLengths[0] && other[axis] === trialLengths[1];
  const hasOpenSize = one.includes(-1);
  const shape = one.map((size, axis) => {
    if (size === other[axis]) return size;
    if (!isLength(axis)) return NaN;
    if (!hasOpenSize) return -1;
    return axis === 1 && rowsOf(view, chunk).has(input[0]!) ? 0 : NaN;
  });
  const openSizes = shape.filter((size) => size === -1).length;
  return openSizes <= 1 && shape.every(Number.isInteger) ? shape : undefined;
};

const shapeName = (shape: readonly number[]): string => `/${scopeName}/shape_${shape.join("_")}`;

/** A size of 0 in a constant shape stands for the input's own, which allowzero would forbid. */
const reshapedBy = (shape: readonly number[], node: NodeProto): NodeProto => ({
  ...node,
  input: [node.input[0]!, shapeName(shape)],
  attribute: node.attribute.filter(({ name }) => name !== "allowzero"),
});

const axesName = `/${scopeName}/first_axis`;

/** A lookup of the tokens [seqLen], whose rows get their first axis behind it. */
const lookedUpByIds = (node: NodeProto, { ids, tokens }: Chunk): readonly NodeProto[] => {
  const output = node.output[0]!;
  const rows = `/${scopeName}/export/${output}`;
  return [
    { ...node, input: node.input.map((name) => (name === tokens ? ids : name)), output: [rows] },
    newNode("Unsqueeze", [rows, axesName], [output], {}, { name: `${rows}/axis` }),
  ];
};

/** The graph with lists of integers as constants, by their names. */
const withConstants = (lists: ReadonlyMap<string, readonly number[]>, graph: GraphProto): GraphProto => {
  const known = new Set(graph.initializer.map(({ name }) => name));
  const added = [...lists]
    .filter(([name]) => !known.has(name))
    .map(([name, list]) => tensorFromArray(ndArray("int64", [list.length], list), name));
  return { ...graph, initializer: [...graph.initializer, ...added] };
};

/** The Reshapes of the export whose shapes can be constant, with these shapes. */
const constantShapes = (view: ExportView, chunk: Chunk): ReadonlyMap<NodeProto, readonly number[]> =>
  new Map(
    view.graph.node.flatMap((node) => {
      if (node.opType !== "Reshape" || isRecorded(node) || view.constant(node.input[1]!)) return [];
      const shape = constantShape(view, chunk, node);
      return shape === undefined ? [] : [[node, shape] as const];
    }),
  );

/**
 * The model with constants in place of computed shapes, and without what nothing needs any more. Its attention must be recorded
 * already.
 */
export const withConstantShapes = (chunk: Chunk, model: ModelProto): ModelProto => {
  const view = viewExport(model);
  const shapes = constantShapes(view, chunk);
  const constants = new Map([...shapes.values()].map((shape) => [shapeName(shape), shape]));
  const node = view.graph.node.flatMap((each) => {
    if (looksUpTokens(each, chunk)) return lookedUpByIds(each, chunk);
    const shape = shapes.get(each);
    return [shape === undefined ? each : reshapedBy(shape, each)];
  });
  const graph = withConstants(constants.set(axesName, [0]), { ...view.graph, node });
  return { ...model, graph: pruneGraph(graph) };
};
