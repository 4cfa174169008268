/** Rows of a family's table of weights: the names that its graph reads, with the shapes they must have. */

/** A tensor, with its bias where there is one, as the blocks of a decoder name it; `shapes` has both by name. */
export type Weight = {
  /** A projection is a matrix that hidden states are multiplied by, and may be stored in blocks. */
  readonly kind: "tensor" | "projection";
  readonly weight: string;
  readonly bias?: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
};

/** `<name>.weight` of this shape. */
export const tensor = (name: string, shape: readonly number[]): Weight => ({
  kind: "tensor",
  weight: `${name}.weight`,
  shapes: { [`${name}.weight`]: shape },
});

/** A row with `<name>.bias` [out] beside its weight [out, …]. */
export const biased = (name: string, row: Weight): Weight => ({
  ...row,
  bias: `${name}.bias`,
  shapes: { ...row.shapes, [`${name}.bias`]: [row.shapes[row.weight]![0]!] },
});

/** `<name>.weight` of shape [out, in], as checkpoints store a projection, and `<name>.bias` [out] where there is one. */
export const projection = (
  name: string,
  shape: readonly [out: number, inner: number],
  hasBias: boolean = false,
): Weight => {
  const row: Weight = { ...tensor(name, shape), kind: "projection" };
  return hasBias ? biased(name, row) : row;
};

/** What a decoder states of its tensors: the shapes of all rows by name, and which of them are projections. */
export const tensorsOf = (
  weights: readonly Weight[],
): {
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly projections: readonly string[];
} => ({
  tensors: Object.fromEntries(weights.flatMap(({ shapes }) => Object.entries(shapes))),
  projections: weights.flatMap(({ kind, weight }) => (kind === "projection" ? [weight] : [])),
});
