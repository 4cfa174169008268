// A rule for each operator that can be differentiated: the second table beside that of inference and evaluation.

import { domainOf } from "../operators/table.ts";
import type { Rule } from "./backward.ts";
import * as elementwise from "./rules/elementwise.ts";
import { layerNormalization, rmsNormalization, rotaryEmbedding } from "./rules/normalization.ts";
import * as places from "./rules/places.ts";
import { gemm, matMul, matMulNBits } from "./rules/products.ts";
import * as reductions from "./rules/reductions.ts";

const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    Add: elementwise.plus,
    Cast: elementwise.cast,
    CastLike: elementwise.cast,
    Cos: elementwise.cosine,
    Div: elementwise.divide,
    Exp: elementwise.exponential,
    Gelu: elementwise.gelu,
    Identity: elementwise.identity,
    Log: elementwise.logarithm,
    Max: elementwise.extreme,
    Min: elementwise.extreme,
    Mul: elementwise.times,
    Neg: elementwise.negative,
    Pow: elementwise.power,
    Reciprocal: elementwise.reciprocal,
    Relu: elementwise.relu,
    Sigmoid: elementwise.sigmoid,
    Sin: elementwise.sine,
    Sqrt: elementwise.root,
    Sub: elementwise.minus,
    Sum: elementwise.sum,
    Tanh: elementwise.tanh,
    Trilu: elementwise.trilu,
    Where: elementwise.where,

    Gemm: gemm,
    LayerNormalization: layerNormalization,
    MatMul: matMul,
    "com.microsoft:MatMulNBits": matMulNBits,
    RMSNormalization: rmsNormalization,
    RotaryEmbedding: rotaryEmbedding,
    SimplifiedLayerNormalization: rmsNormalization,

    CumSum: reductions.cumSum,
    ReduceLogSumExp: reductions.reduceLogSumExp,
    ReduceMax: reductions.reduceExtreme,
    ReduceMean: reductions.reduceMean,
    ReduceMin: reductions.reduceExtreme,
    ReduceSum: reductions.reduceSum,
    ReduceSumSquare: reductions.reduceSumSquare,
    Softmax: reductions.softmax,

    Concat: places.concat,
    Expand: places.expand,
    Flatten: places.reshaped,
    Gather: places.gather,
    Reshape: places.reshaped,
    Slice: places.slice,
    Split: places.split,
    Squeeze: places.reshaped,
    Tile: places.tile,
    Transpose: places.transpose,
    Unsqueeze: places.reshaped,
  }),
);

/** The operators that have a rule, those of another domain as `domain:Name`. */
export const differentiable: readonly string[] = [...rules.keys()];

export const findRule = (domain: string, opType: string): Rule | undefined =>
  rules.get(domainOf(domain) === "" ? opType : `${domain}:${opType}`);
