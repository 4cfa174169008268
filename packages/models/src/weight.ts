/** Rows of a family's table of weights: the names that its graph reads, with the shapes they must have. */

/** A tensor, with its bias where there is one, as the blocks of a decoder name it; `shapes` has both by name. */
export type Weight = {
  readonly weight: string;
  readonly bias?: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
};

/** `<name>.weight` of this shape. */
export const tensor = (name: string, shape: readonly number[]): Weight => ({
  weight: `${name}.weight`,
  shapes: { [`${name}.weight`]: shape },
});

/** `<name>.weight` of shape [out, in], as checkpoints store a projection, and `<name>.bias` [out] where there is one. */
export const projection = (
  name: string,
  [out, inner]: readonly [out: number, inner: number],
  hasBias: boolean,
): Weight => {
  const { weight, shapes } = tensor(name, [out, inner]);
  if (!hasBias) return { weight, shapes };
  return { weight, bias: `${name}.bias`, shapes: { ...shapes, [`${name}.bias`]: [out] } };
};

/** The shapes of all rows, by name. */
export const shapesOf = (weights: readonly Weight[]): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(weights.flatMap(({ shapes }) => Object.entries(shapes)));
