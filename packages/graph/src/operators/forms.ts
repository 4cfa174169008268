// What each operator takes, as values: its signature once more, for callers that no compiler checks. A row that contradicts its
// signature does not compile.

import type {
  KnownMicrosoftSignatures,
  KnownOnnxSignatures,
  OtherMicrosoftSignatures,
  Signature,
} from "./signatures.ts";

/** What an attribute holds, in words. */
export type Kind = "an integer" | "text" | "a list of integers" | "{ float }" | "{ floats }" | "{ tensor }";

type KindOf<Value> = Value extends number
  ? "an integer"
  : Value extends string
    ? "text"
    : Value extends readonly number[]
      ? "a list of integers"
      : Value extends { readonly float: number }
        ? "{ float }"
        : Value extends { readonly floats: unknown }
          ? "{ floats }"
          : "{ tensor }";

type KindsOf<Attributes> = string extends keyof Attributes
  ? Readonly<Record<never, never>>
  : { readonly [Name in keyof Attributes]-?: KindOf<NonNullable<Attributes[Name]>> };

type Range<Count extends number> = readonly [least: Count, most: Count];

type FormOf<Known> =
  Known extends Signature<infer In, infer Attributes, infer Outputs>
    ? {
        /** How many inputs it takes. */
        readonly inputs: Range<In["length"]>;
        /** What each of its attributes holds. */
        readonly attributes: KindsOf<Attributes>;
        /** How many outputs it may have. */
        readonly outputs: Range<Outputs>;
      }
    : never;

export type Form = {
  readonly inputs: Range<number>;
  readonly attributes: Readonly<Record<string, Kind>>;
  readonly outputs: Range<number>;
};

const int = "an integer";
const ints = "a list of integers";
const text = "text";
const float = "{ float }";

const inputs = <Least extends number, Most extends number, const Attributes extends Form["attributes"] = {}>(
  least: Least,
  most: Most,
  attributes: Attributes = {} as Attributes,
) => ({ inputs: [least, most] as const, attributes, outputs: [1, 1] as const });

const unary = inputs(1, 1);
const binary = inputs(2, 2);
const variadic = inputs(1, Infinity);
const reduction = inputs(1, 2, { keepdims: int, noop_with_empty_axes: int, axes: ints });
const rootMeanSquare = inputs(2, 2, { axis: int, epsilon: float, stash_type: int });

const onnxForms: { readonly [Name in keyof KnownOnnxSignatures]: FormOf<KnownOnnxSignatures[Name]> } = {
  Abs: unary,
  Ceil: unary,
  Cos: unary,
  Exp: unary,
  Floor: unary,
  Identity: unary,
  IsNaN: unary,
  Log: unary,
  Neg: unary,
  Not: unary,
  Reciprocal: unary,
  Relu: unary,
  Round: unary,
  Sigmoid: unary,
  Sin: unary,
  Sqrt: unary,
  Tanh: unary,

  Add: binary,
  Div: binary,
  Mod: inputs(2, 2, { fmod: int }),
  Mul: binary,
  Pow: binary,
  Sub: binary,
  Max: variadic,
  Min: variadic,
  Sum: variadic,

  And: binary,
  Equal: binary,
  Greater: binary,
  GreaterOrEqual: binary,
  Less: binary,
  LessOrEqual: binary,
  Or: binary,
  Xor: binary,
  Where: inputs(3, 3),

  Gelu: inputs(1, 1, { approximate: text }),
  Gemm: inputs(2, 3, { alpha: float, beta: float, transA: int, transB: int }),
  LayerNormalization: { ...inputs(2, 3, { axis: int, epsilon: float, stash_type: int }), outputs: [1, 3] },
  MatMul: binary,
  MatMulInteger: inputs(2, 4),
  RMSNormalization: rootMeanSquare,
  RotaryEmbedding: inputs(3, 4, { interleaved: int, num_heads: int, rotary_embedding_dim: int }),
  SimplifiedLayerNormalization: { ...rootMeanSquare, outputs: [1, 2] },
  Softmax: inputs(1, 1, { axis: int }),

  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceLogSum: reduction,
  ReduceLogSumExp: reduction,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ReduceSum: reduction,
  ReduceSumSquare: reduction,

  ArgMax: inputs(1, 1, { axis: int, keepdims: int, select_last_index: int }),
  Cast: inputs(1, 1, { to: int, saturate: int }),
  CastLike: inputs(2, 2, { saturate: int }),
  Concat: inputs(1, Infinity, { axis: int }),
  Constant: inputs(0, 0, {
    value: "{ tensor }",
    value_int: int,
    value_float: float,
    value_ints: ints,
    value_floats: "{ floats }",
  }),
  ConstantOfShape: inputs(1, 1, { value: "{ tensor }" }),
  CumSum: inputs(2, 2, { exclusive: int, reverse: int }),
  Expand: binary,
  Flatten: inputs(1, 1, { axis: int }),
  Gather: inputs(2, 2, { axis: int }),
  GatherND: inputs(2, 2, { batch_dims: int }),
  Range: inputs(3, 3),
  Reshape: inputs(2, 2, { allowzero: int }),
  ScatterElements: inputs(3, 3, { axis: int, reduction: text }),
  ScatterND: inputs(3, 3, { reduction: text }),
  Shape: inputs(1, 1, { start: int, end: int }),
  Size: unary,
  Slice: inputs(3, 5),
  Split: { ...inputs(1, 2, { axis: int, num_outputs: int, split: ints }), outputs: [1, Infinity] },
  Squeeze: inputs(1, 2, { axes: ints }),
  Tile: binary,
  TopK: { ...inputs(2, 2, { axis: int, largest: int, sorted: int }), outputs: [2, 2] },
  Transpose: inputs(1, 1, { perm: ints }),
  Trilu: inputs(1, 2, { upper: int }),
  Unsqueeze: inputs(1, 2, { axes: ints }),
};

type Microsoft = KnownMicrosoftSignatures & OtherMicrosoftSignatures;

/** Two operators take so much, and in so many forms, that the types leave them open. */
type Open = "GroupQueryAttention" | "MultiHeadAttention";

const microsoftForms: { readonly [Name in Exclude<keyof Microsoft, Open>]: FormOf<Microsoft[Name]> } = {
  FastGelu: inputs(1, 2),
  GatherBlockQuantized: inputs(3, 4, { gather_axis: int, quantize_axis: int, block_size: int, bits: int }),
  Gelu: unary,
  MatMulNBits: inputs(3, 6, { K: int, N: int, bits: int, block_size: int, accuracy_level: int }),
  QuickGelu: inputs(1, 1, { alpha: float }),
  RotaryEmbedding: inputs(4, 4, {
    interleaved: int,
    is_packed_batching: int,
    num_heads: int,
    rotary_embedding_dim: int,
    scale: float,
  }),
  SkipLayerNormalization: { ...inputs(3, 5, { epsilon: float }), outputs: [1, 4] },
  SkipSimplifiedLayerNormalization: { ...inputs(3, 4, { epsilon: float }), outputs: [1, 4] },
};

/** The forms of a domain's operators, by their names. */
export const formsOf: ReadonlyMap<string, Readonly<Record<string, Form>>> = new Map<
  string,
  Readonly<Record<string, Form>>
>([
  ["", onnxForms],
  ["com.microsoft", microsoftForms],
]);
