// Which operators inference and evaluation know. Names are those of ONNX; an operator of another domain is
// `domain:Name`. A few names of the default domain are understood by ONNX Runtime alone.

import { roundHalfEven } from "../arrays/small-float.ts";
import { binary, div, mod, pow, predicate, variadic } from "./elementwise/binary.ts";
import { cast, castLike } from "./elementwise/cast.ts";
import { concat } from "./indexing/concat.ts";
import { constant, constantOfShape, range } from "./shapes/constant.ts";
import { cumSum } from "./along-axis/cum-sum.ts";
import { expand, tile } from "./shapes/expand.ts";
import { flatten } from "./shapes/flatten.ts";
import { gatherNd } from "./indexing/gather-nd.ts";
import { gather } from "./indexing/gather.ts";
import { gelu } from "./elementwise/gelu.ts";
import { gemm } from "./products/gemm.ts";
import { matMulNBits } from "./products/matmul-nbits.ts";
import { matMul, matMulInteger } from "./products/matmul.ts";
import { layerNormalization, rmsNormalization } from "./along-axis/normalization.ts";
import type { Operator } from "./operator.ts";
import { logSumExp, max, mean, min, product, reduce, sum, sumSquare } from "./along-axis/reduce.ts";
import { reshape } from "./shapes/reshape.ts";
import { rotaryEmbedding } from "./products/rotary-embedding.ts";
import { scatterElements } from "./indexing/scatter-elements.ts";
import { scatterNd } from "./indexing/scatter-nd.ts";
import { shape, size } from "./shapes/shape.ts";
import { slice } from "./indexing/slice.ts";
import { softmax } from "./along-axis/softmax.ts";
import { split } from "./indexing/split.ts";
import type { KnownMicrosoftSignatures, KnownOnnxSignatures } from "./signatures.ts";
import { squeeze, unsqueeze } from "./shapes/squeeze.ts";
import { transpose } from "./shapes/transpose.ts";
import { argMax, topK } from "./along-axis/top-k.ts";
import { trilu } from "./indexing/trilu.ts";
import { sigmoid, unary } from "./elementwise/unary.ts";
import { where } from "./elementwise/where.ts";

const onnxOperators: { readonly [Name in keyof KnownOnnxSignatures]: Operator } = {
  Abs: unary(Math.abs),
  Ceil: unary(Math.ceil),
  Cos: unary(Math.cos),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Identity: unary((x) => x),
  IsNaN: unary((x) => (Number.isNaN(x) ? 1 : 0), "bool"),
  Log: unary(Math.log),
  Neg: unary((x) => 0 - x),
  Not: unary((x) => (x === 0 ? 1 : 0)),
  Reciprocal: unary((x) => 1 / x),
  Relu: unary((x) => Math.max(0, x)),
  Round: unary(roundHalfEven),
  Sigmoid: unary(sigmoid),
  Sin: unary(Math.sin),
  Sqrt: unary(Math.sqrt),
  Tanh: unary(Math.tanh),

  Add: binary((a, b) => a + b),
  Div: div,
  Mod: mod,
  Mul: binary((a, b) => a * b),
  Pow: pow,
  Sub: binary((a, b) => a - b),
  Max: variadic(Math.max),
  Min: variadic(Math.min),
  Sum: variadic((a, b) => a + b),

  And: predicate((a, b) => a !== 0 && b !== 0),
  Equal: predicate((a, b) => a === b),
  Greater: predicate((a, b) => a > b),
  GreaterOrEqual: predicate((a, b) => a >= b),
  Less: predicate((a, b) => a < b),
  LessOrEqual: predicate((a, b) => a <= b),
  Or: predicate((a, b) => a !== 0 || b !== 0),
  Xor: predicate((a, b) => (a !== 0) !== (b !== 0)),
  Where: where,

  Gelu: gelu,
  Gemm: gemm,
  LayerNormalization: layerNormalization,
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  RMSNormalization: rmsNormalization,
  RotaryEmbedding: rotaryEmbedding,
  SimplifiedLayerNormalization: rmsNormalization,
  Softmax: softmax,

  ReduceL1: reduce((group) => sum(group.map(Math.abs))),
  ReduceL2: reduce((group) => Math.sqrt(sumSquare(group))),
  ReduceLogSum: reduce((group) => Math.log(sum(group))),
  ReduceLogSumExp: reduce(logSumExp),
  ReduceMax: reduce(max),
  ReduceMean: reduce(mean),
  ReduceMin: reduce(min),
  ReduceProd: reduce(product),
  ReduceSum: reduce(sum),
  ReduceSumSquare: reduce(sumSquare),

  ArgMax: argMax,
  Cast: cast,
  CastLike: castLike,
  Concat: concat,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  CumSum: cumSum,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  GatherND: gatherNd,
  Range: range,
  Reshape: reshape,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  Shape: shape,
  Size: size,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  TopK: topK,
  Transpose: transpose,
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};

const microsoftOperators: { readonly [Name in keyof KnownMicrosoftSignatures]: Operator } = {
  MatMulNBits: matMulNBits,
};

const operators: ReadonlyMap<string, Operator> = new Map([
  ...Object.entries(onnxOperators),
  ...Object.entries(microsoftOperators).map(([name, operator]) => [`com.microsoft:${name}`, operator] as const),
]);

/** The two spellings of ONNX's own domain are one. */
export const domainOf = (domain: string): string => (domain === "ai.onnx" ? "" : domain);

/** The operator of that name, undefined when it is not known here. */
export const findOperator = (domain: string, opType: string): Operator | undefined =>
  operators.get(domainOf(domain) === "" ? opType : `${domain}:${opType}`);
