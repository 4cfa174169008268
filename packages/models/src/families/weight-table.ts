/** The rows of a family's table of weights: the names of the tensors that its graph reads, and the shapes that they must have. */

/** A tensor, and its bias where it has one, by their names in the graph; `shapes` has the shapes of both, by name. */
export type Weight = {
  /** A projection is a matrix that hidden states are multiplied with. It may be stored in blocks. */
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

/** A row with `<name>.bias` [out] added to its weight [out, …]. */
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

/** The decoder's statement of its tensors: the shapes of all rows, by name, and which of them are projections. */
export const tensorsOf = (
  weights: readonly Weight[],
): {
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly projections: readonly string[];
} => ({
  tensors: Object.fromEntries(weights.flatMap(({ shapes }) => Object.entries(shapes))),
  projections: weights.flatMap(({ kind, weight }) => (kind === "projection" ? [weight] : [])),
});
