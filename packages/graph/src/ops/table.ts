// Which operators inference and evaluation know. Names are those of ONNX; an operator of another domain is
// `domain:Name`. A few names of the default domain are understood by ONNX Runtime alone.

import { roundHalfEven } from "../small-float.ts";
import { binary, div, mod, pow, predicate, variadic } from "./binary.ts";
import { cast, castLike } from "./cast.ts";
import { concat } from "./concat.ts";
import { constant, constantOfShape, range } from "./constant.ts";
import { cumSum } from "./cum-sum.ts";
import { expand, tile } from "./expand.ts";
import { flatten } from "./flatten.ts";
import { gatherNd } from "./gather-nd.ts";
import { gather } from "./gather.ts";
import { gelu } from "./gelu.ts";
import { gemm } from "./gemm.ts";
import { matMulNBits } from "./matmul-nbits.ts";
import { matMul, matMulInteger } from "./matmul.ts";
import { layerNormalization, rmsNormalization } from "./normalization.ts";
import type { Operator } from "./operator.ts";
import { logSumExp, max, mean, min, product, reduce, sum, sumSquare } from "./reduce.ts";
import { reshape } from "./reshape.ts";
import { rotaryEmbedding } from "./rotary-embedding.ts";
import { scatterElements } from "./scatter-elements.ts";
import { scatterNd } from "./scatter-nd.ts";
import { shape, size } from "./shape.ts";
import { slice } from "./slice.ts";
import { softmax } from "./softmax.ts";
import { split } from "./split.ts";
import { squeeze, unsqueeze } from "./squeeze.ts";
import { transpose } from "./transpose.ts";
import { argMax, topK } from "./top-k.ts";
import { trilu } from "./trilu.ts";
import { sigmoid, unary } from "./unary.ts";
import { where } from "./where.ts";

const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
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
    "com.microsoft:MatMulNBits": matMulNBits,
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
  }),
);

/** The two spellings of ONNX's own domain are one. */
export const domainOf = (domain: string): string => (domain === "ai.onnx" ? "" : domain);

/** The operator of that name, undefined when it is not known here. */
export const findOperator = (domain: string, opType: string): Operator | undefined =>
  operators.get(domainOf(domain) === "" ? opType : `${domain}:${opType}`);
