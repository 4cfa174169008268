/** A dense row-major tensor; its type names the axes, its value gives their sizes. */
export type NamedTensor<Axes extends readonly string[]> = {
  readonly dims: { readonly [A in keyof Axes]: number };
  readonly data: Float32Array;
  /** Never set: it only carries the axes' names in the type. */
  readonly axes?: Axes;
};
