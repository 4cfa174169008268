// The inputs, attributes and outputs of each operator, as types alone. A misspelt operator, a wrong number of inputs, or an attribute
// that the operator does not have does not compile. `forms.ts` says the same as values.

import type { Attribute } from "../model/attribute.ts";
import type { Value } from "../model/value.ts";
import type { OnnxName } from "./operator-names.ts";

type Inputs = readonly (Value | undefined)[];
type Attributes = Readonly<Record<string, Attribute>>;

/** The inputs in their order, the attributes by name, and the possible numbers of outputs. */
export type Signature<In extends Inputs = Inputs, Attr extends Attributes = Attributes, Outputs extends number = 1> = {
  readonly inputs: In;
  readonly attributes: Attr;
  readonly outputs: Outputs;
};

type NoAttributes = Readonly<Record<string, never>>;
type Optional = Value | undefined;
type Float = { readonly float: number };

type Unary<Attr extends Attributes = NoAttributes> = Signature<readonly [x: Value], Attr>;
type Binary<Attr extends Attributes = NoAttributes> = Signature<readonly [a: Value, b: Value], Attr>;
type Variadic<Attr extends Attributes = NoAttributes> = Signature<readonly Value[], Attr>;
type Reduction = Signature<
  readonly [data: Value, axes?: Optional],
  { readonly keepdims?: number; readonly noop_with_empty_axes?: number; readonly axes?: readonly number[] }
>;
type RootMeanSquare<Outputs extends number> = Signature<
  readonly [x: Value, scale: Value],
  { readonly axis?: number; readonly epsilon?: Float; readonly stash_type?: number },
  Outputs
>;

/** Operators of ONNX's own domain that inference and evaluation know. */
export type KnownOnnxSignatures = {
  Abs: Unary;
  Ceil: Unary;
  Cos: Unary;
  Exp: Unary;
  Floor: Unary;
  Identity: Unary;
  IsNaN: Unary;
  Log: Unary;
  Neg: Unary;
  Not: Unary;
  Reciprocal: Unary;
  Relu: Unary;
  Round: Unary;
  Sigmoid: Unary;
  Sin: Unary;
  Sqrt: Unary;
  Tanh: Unary;

  Add: Binary;
  Div: Binary;
  Mod: Binary<{ readonly fmod?: number }>;
  Mul: Binary;
  Pow: Binary;
  Sub: Binary;
  Max: Variadic;
  Min: Variadic;
  Sum: Variadic;

  And: Binary;
  Equal: Binary;
  Greater: Binary;
  GreaterOrEqual: Binary;
  Less: Binary;
  LessOrEqual: Binary;
  Or: Binary;
  Xor: Binary;
  Where: Signature<readonly [condition: Value, whenTrue: Value, whenFalse: Value], NoAttributes>;

  Gelu: Unary<{ readonly approximate?: "none" | "tanh" }>;
  Gemm: Signature<
    readonly [a: Value, b: Value, c?: Optional],
    { readonly alpha?: Float; readonly beta?: Float; readonly transA?: number; readonly transB?: number }
  >;
  LayerNormalization: Signature<
    readonly [x: Value, scale: Value, bias?: Optional],
    { readonly axis?: number; readonly epsilon?: Float; readonly stash_type?: number },
    1 | 2 | 3
  >;
  MatMul: Binary;
  MatMulInteger: Signature<readonly [a: Value, b: Value, zeroA?: Optional, zeroB?: Optional], NoAttributes>;
  RMSNormalization: RootMeanSquare<1>;
  RotaryEmbedding: Signature<
    readonly [x: Value, cos: Value, sin: Value, positionIds?: Optional],
    { readonly interleaved?: number; readonly num_heads?: number; readonly rotary_embedding_dim?: number }
  >;
  SimplifiedLayerNormalization: RootMeanSquare<1 | 2>;
  Softmax: Unary<{ readonly axis?: number }>;

  ReduceL1: Reduction;
  ReduceL2: Reduction;
  ReduceLogSum: Reduction;
  ReduceLogSumExp: Reduction;
  ReduceMax: Reduction;
  ReduceMean: Reduction;
  ReduceMin: Reduction;
  ReduceProd: Reduction;
  ReduceSum: Reduction;
  ReduceSumSquare: Reduction;

  ArgMax: Unary<{ readonly axis?: number; readonly keepdims?: number; readonly select_last_index?: number }>;
  Cast: Unary<{ readonly to: number; readonly saturate?: number }>;
  CastLike: Signature<readonly [x: Value, like: Value], { readonly saturate?: number }>;
  Concat: Variadic<{ readonly axis: number }>;
  Constant: Signature<
    readonly [],
    {
      readonly value?: Extract<Attribute, { tensor: unknown }>;
      readonly value_int?: number;
      readonly value_float?: Float;
      readonly value_ints?: readonly number[];
      readonly value_floats?: Extract<Attribute, { floats: unknown }>;
    }
  >;
  ConstantOfShape: Signature<readonly [shape: Value], { readonly value?: Extract<Attribute, { tensor: unknown }> }>;
  CumSum: Signature<readonly [x: Value, axis: Value], { readonly exclusive?: number; readonly reverse?: number }>;
  Expand: Signature<readonly [x: Value, shape: Value], NoAttributes>;
  Flatten: Unary<{ readonly axis?: number }>;
  Gather: Signature<readonly [data: Value, indices: Value], { readonly axis?: number }>;
  GatherND: Signature<readonly [data: Value, indices: Value], { readonly batch_dims?: number }>;
  Range: Signature<readonly [start: Value, limit: Value, delta: Value], NoAttributes>;
  Reshape: Signature<readonly [data: Value, shape: Value], { readonly allowzero?: number }>;
  ScatterElements: Signature<
    readonly [data: Value, indices: Value, updates: Value],
    { readonly axis?: number; readonly reduction?: string }
  >;
  ScatterND: Signature<readonly [data: Value, indices: Value, updates: Value], { readonly reduction?: string }>;
  Shape: Unary<{ readonly start?: number; readonly end?: number }>;
  Size: Unary;
  Slice: Signature<readonly [data: Value, starts: Value, ends: Value, axes?: Optional, steps?: Optional], NoAttributes>;
  Split: Signature<
    readonly [x: Value, sizes?: Optional],
    { readonly axis?: number; readonly num_outputs?: number; readonly split?: readonly number[] },
    number
  >;
  Squeeze: Signature<readonly [data: Value, axes?: Optional], { readonly axes?: readonly number[] }>;
  Tile: Signature<readonly [x: Value, repeats: Value], NoAttributes>;
  TopK: Signature<
    readonly [x: Value, k: Value],
    { readonly axis?: number; readonly largest?: number; readonly sorted?: number },
    2
  >;
  Transpose: Unary<{ readonly perm?: readonly number[] }>;
  Trilu: Signature<readonly [x: Value, k?: Optional], { readonly upper?: number }>;
  Unsqueeze: Signature<readonly [data: Value, axes?: Optional], { readonly axes?: readonly number[] }>;
};

/** Operators of `com.microsoft`, ONNX Runtime's own domain, that inference and evaluation know. */
export type KnownMicrosoftSignatures = {
  MatMulNBits: Signature<
    readonly [a: Value, b: Value, scales: Value, zeros?: Optional, groups?: Optional, bias?: Optional],
    {
      readonly K: number;
      readonly N: number;
      readonly bits?: number;
      readonly block_size: number;
      readonly accuracy_level?: number;
    }
  >;
};

/** Further operators of that domain: they are recorded, and neither inferred nor evaluated. */
export type OtherMicrosoftSignatures = {
  FastGelu: Signature<readonly [x: Value, bias?: Optional], NoAttributes>;
  Gelu: Unary;
  QuickGelu: Unary<{ readonly alpha?: Float }>;
  GatherBlockQuantized: Signature<
    readonly [data: Value, indices: Value, scales: Value, zeros?: Optional],
    {
      readonly gather_axis?: number;
      readonly quantize_axis?: number;
      readonly block_size?: number;
      readonly bits?: number;
    }
  >;
  GroupQueryAttention: Signature<Inputs, Attributes, number>;
  MultiHeadAttention: Signature<Inputs, Attributes, number>;
  RotaryEmbedding: Signature<
    readonly [x: Value, positionIds: Value, cos: Value, sin: Value],
    {
      readonly interleaved?: number;
      readonly is_packed_batching?: number;
      readonly num_heads?: number;
      readonly rotary_embedding_dim?: number;
      readonly scale?: Float;
    }
  >;
  SkipLayerNormalization: Signature<
    readonly [x: Value, skip: Value, gamma: Value, beta?: Optional, bias?: Optional],
    { readonly epsilon?: Float },
    1 | 2 | 3 | 4
  >;
  SkipSimplifiedLayerNormalization: Signature<
    readonly [x: Value, skip: Value, gamma: Value, bias?: Optional],
    { readonly epsilon?: Float },
    1 | 2 | 3 | 4
  >;
};

/** Any inputs and attributes: for operators that are known by name alone, and for other domains. */
type AnySignature = Signature<Inputs, Attributes, number>;

/** Operators with graphs inside, which `branch`, `loop` and `scan` of a tape record. */
type WithGraphs = "If" | "Loop" | "Scan";

type OnnxSignatures = KnownOnnxSignatures & {
  readonly [Name in Exclude<OnnxName, keyof KnownOnnxSignatures | WithGraphs>]: AnySignature;
};
type MicrosoftSignatures = KnownMicrosoftSignatures & OtherMicrosoftSignatures;

/** The operators of a domain. A domain that is not known here, or is a plain string to the compiler, may have any operator. */
type SignaturesOf<Domain extends string> = Domain extends "" | "ai.onnx"
  ? OnnxSignatures
  : Domain extends "com.microsoft"
    ? MicrosoftSignatures
    : Readonly<Record<string, AnySignature>>;

/** The name of an operator of a domain; without one, of ONNX's own. */
export type OpType<Domain extends string = ""> = Extract<keyof SignaturesOf<Domain>, string>;

type SignatureOf<Domain extends string, Op extends string> = Op extends keyof SignaturesOf<Domain>
  ? SignaturesOf<Domain>[Op]
  : never;

/** The name of an operator that may have one output alone. */
export type OpTypeOfOne<Domain extends string = ""> = {
  readonly [Op in OpType<Domain>]: 1 extends OutputsOf<Domain, Op> ? Op : never;
}[OpType<Domain>];

/** What an operator takes. */
export type InputsOf<Domain extends string, Op extends string> =
  SignatureOf<Domain, Op> extends Signature<infer In, Attributes, number> ? In : never;

/** The attributes of an operator. */
export type AttributesOf<Domain extends string, Op extends string> =
  SignatureOf<Domain, Op> extends Signature<Inputs, infer Attr extends Attributes, number> ? Attr : never;

/** The arguments behind the inputs: attributes may only be left out where the operator can do without any. */
export type AttributesAndOptions<Domain extends string, Op extends string, Options> =
  Readonly<Record<never, never>> extends AttributesOf<Domain, Op>
    ? [attributes?: AttributesOf<Domain, Op>, options?: Options]
    : [attributes: AttributesOf<Domain, Op>, options?: Options];

/** How many outputs an operator may have. */
export type OutputsOf<Domain extends string, Op extends string> =
  SignatureOf<Domain, Op> extends Signature<Inputs, Attributes, infer Outputs> ? Outputs : never;
