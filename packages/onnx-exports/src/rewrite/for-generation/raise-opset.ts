/**
 * A model brought to a later opset, where it states an older one. Operators that mean the same in both stay as they are, two
 * have taken another form since:
 *
 *     ReduceMean and its kin    axes: an attribute before 18, an input since
 *     Split                     without sizes: equal parts before 18, num_outputs of them since
 */
import {
  attribute,
  innerGraphs,
  ndArray,
  tensorFromArray,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from "@ropewalk/graph";
import { refuse } from "../../errors.ts";
import { nameOf } from "../../graph/graph-view.ts";
import { isOurs } from "../splice.ts";

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

/** The name of a constant with these axes. */
const axesConstant = (graph: GraphProto, axes: readonly bigint[]): string => {
  const name = `/ropewalk/axes_${axes.join("_")}`;
  if (!graph.initializer.some((tensor) => tensor.name === name))
    graph.initializer.push(tensorFromArray(ndArray("int64", [axes.length], axes.map(Number)), name));
  return name;
};

const raiseNode = (graph: GraphProto, node: NodeProto, from: bigint): void => {
  if (!isOnnx(node) || unchanged.has(node.opType)) return;
  if (withAxesInput.has(node.opType)) {
    const axes = node.attribute.find(({ name }) => name === "axes");
    if (axes === undefined) return;
    node.attribute = node.attribute.filter((one) => one !== axes);
    node.input = [node.input[0]!, axesConstant(graph, axes.ints)];
    return;
  }
  if (node.opType === "Split") {
    const sized = node.input.length > 1 && node.input[1] !== "";
    if (!sized && !node.attribute.some(({ name }) => name === "num_outputs"))
      node.attribute.push(attribute("num_outputs", node.output.length));
    return;
  }
  refuse(`${nameOf(node)} must mean the same in opset ${from} and in later ones, which is not known of it`);
};

const raiseGraph = (root: GraphProto, graph: GraphProto, from: bigint): void => {
  // What was recorded is of the later opset already.
  for (const node of graph.node.filter((made) => !isOurs(made))) {
    raiseNode(root, node, from);
    for (const inner of innerGraphs(node)) raiseGraph(root, inner, from);
  }
};

/** Raises a model to at least these versions; changes it. */
export const raiseVersions = (
  model: ModelProto,
  { opset, irVersion }: { readonly opset: number; readonly irVersion: number },
): void => {
  const stated = model.opsetImport.find(isOnnx)!;
  if (stated.version! < BigInt(opset)) {
    raiseGraph(model.graph!, model.graph!, stated.version!);
    stated.version = BigInt(opset);
  }
  if (model.irVersion! < BigInt(irVersion)) model.irVersion = BigInt(irVersion);
};
