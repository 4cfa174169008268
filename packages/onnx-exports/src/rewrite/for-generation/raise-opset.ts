/**
 * A model in a later opset. Most operators that decoders use mean the same in both opsets and stay. These have another form:
 *
 *     ReduceMean and its kin    axes: an attribute before 18, an input since
 *     Split                     without sizes: equal parts before 18, num_outputs of them since
 */
import {
  attribute,
  innerGraphs,
  mapInnerGraphs,
  ndArray,
  tensorFromArray,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from "@ropewalk/graph";
import { refuse } from "../../errors.ts";
import { describeNode } from "../../graph/describe-node.ts";
import { isRecorded, scopeName } from "../splice.ts";

/** Operators whose meaning has not changed from opset 13 to 23, as decoders use them. */
const unchanged = new Set(
  (
    "Abs Add And Attention Cast Ceil Clip Concat Constant ConstantOfShape Cos CumSum DequantizeLinear Div " +
    "DynamicQuantizeLinear Einsum Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm Greater " +
    "GreaterOrEqual Identity If IsNaN LayerNormalization Less LessOrEqual Log MatMul MatMulInteger Max Min Mod Mul Neg Not Or " +
    "Pow QuantizeLinear RMSNormalization Range Reciprocal ReduceSum Relu Reshape RotaryEmbedding Round ScatterND Shape Sigmoid " +
    "Sign SimplifiedLayerNormalization Sin Slice Softmax Softplus Sqrt Squeeze Sub Tanh Tile Transpose Trilu Unsqueeze Where"
  ).split(" "),
);

const withAxesInput = new Set(["ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2"]);

const isOnnx = ({ domain }: { readonly domain?: string | undefined }): boolean =>
  (domain ?? "") === "" || domain === "ai.onnx";

/** The axes of a reduction that states them in an attribute. */
const statedAxes = (node: NodeProto): readonly bigint[] | undefined =>
  isOnnx(node) && withAxesInput.has(node.opType) ? node.attribute.find(({ name }) => name === "axes")?.ints : undefined;

const axesName = (axes: readonly bigint[]): string => `/${scopeName}/axes_${axes.join("_")}`;

const raiseNode = (from: bigint, node: NodeProto): NodeProto => {
  if (!isOnnx(node) || unchanged.has(node.opType)) return node;
  if (withAxesInput.has(node.opType)) {
    const axes = statedAxes(node);
    if (axes === undefined) return node;
    const others = node.attribute.filter(({ name }) => name !== "axes");
    return { ...node, attribute: others, input: [node.input[0]!, axesName(axes)] };
  }
  if (node.opType === "Split") {
    const hasSizes = node.input.length > 1 && node.input[1] !== "";
    if (hasSizes || node.attribute.some(({ name }) => name === "num_outputs")) return node;
    return { ...node, attribute: [...node.attribute, attribute("num_outputs", node.output.length)] };
  }
  return refuse(
    `${describeNode(node)} must mean the same in opset ${from} and in later ones, which is not known of it`,
  );
};

/** Nodes of the export: those that a rewriting recorded are of the later opset already. */
const raiseGraph = (from: bigint, graph: GraphProto): GraphProto => ({
  ...graph,
  node: graph.node.map((node) =>
    isRecorded(node) ? node : mapInnerGraphs((inner) => raiseGraph(from, inner), raiseNode(from, node)),
  ),
});

/** The axes that the export's nodes state, also in graphs inside them. */
const allStatedAxes = ({ node: nodes }: GraphProto): readonly (readonly bigint[])[] =>
  nodes
    .filter((node) => !isRecorded(node))
    .flatMap((node) => {
      const axes = statedAxes(node);
      return [...(axes === undefined ? [] : [axes]), ...innerGraphs(node).flatMap(allStatedAxes)];
    });

/** A graph with the constants that raised reductions take their axes from. */
const withAxesConstants = (axes: readonly (readonly bigint[])[], graph: GraphProto): GraphProto => {
  const known = new Set(graph.initializer.map(({ name }) => name));
  const byName = new Map(axes.map((list) => [axesName(list), list]));
  const added = [...byName]
    .filter(([name]) => !known.has(name))
    .map(([name, list]) => tensorFromArray(ndArray("int64", [list.length], list.map(Number)), name));
  return { ...graph, initializer: [...graph.initializer, ...added] };
};

/**
 * The model in this opset and IR version, or in its own where these are later.
 *
 * @throws RangeError that names an operator of which it is not known whether it means the same in both opsets
 */
export const raiseVersions = (
  { opset, irVersion }: { readonly opset: number; readonly irVersion: number },
  model: ModelProto,
): ModelProto => {
  const raised = model.irVersion < BigInt(irVersion) ? { ...model, irVersion: BigInt(irVersion) } : model;
  const stated = model.opsetImport.find(isOnnx)!;
  if (stated.version >= BigInt(opset)) return raised;
  const graph = model.graph!;
  return {
    ...raised,
    opsetImport: model.opsetImport.map((each) => (each === stated ? { ...each, version: BigInt(opset) } : each)),
    graph: withAxesConstants(allStatedAxes(graph), raiseGraph(stated.version, graph)),
  };
};
