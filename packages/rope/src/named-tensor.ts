/**
 * A dense row-major float32 tensor whose axes are named in its type: `NamedTensor<readonly ["seqLen", "headDim"]>`.
 *
 * `axes` exists for the type alone and never needs a value.
 */
export type NamedTensor<Axes extends readonly string[]> = {
  readonly dims: { readonly [A in keyof Axes]: number };
  readonly data: Float32Array;
  readonly axes?: Axes;
};
