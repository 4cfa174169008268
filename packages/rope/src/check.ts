/** Throws RangeError `<rule>, got <got>` when the rule does not hold. */
export const check = (holds: boolean, rule: string, got: unknown): void => {
  if (!holds) throw new RangeError(`${rule}, got ${got}`);
};

/** The array must have that many elements. */
export const checkLength = (name: string, { length }: ArrayLike<number>, wanted: number): void =>
  check(length === wanted, `${name}.length must be ${wanted}`, length);

/** How many dimensions rotate must be even, above 0 and at most headDim. */
export const checkRotaryDim = (where: string, rotaryDim: number, headDim: number = Infinity): void =>
  check(
    rotaryDim > 0 && rotaryDim % 2 === 0 && rotaryDim <= headDim,
    `${where}: rotaryDim must be even, from 2 to ${headDim}`,
    rotaryDim,
  );

/** A scaling's factor must be finite and at least 1, any other number finite and above the bound. */
export const checkNumbers = (values: Readonly<Record<string, number>>, bound = 0): void => {
  for (const name in values) {
    const value = values[name]!;
    const isFactor = name === "factor";
    check(
      Number.isFinite(value) && (isFactor ? value >= 1 : value > bound),
      `ropeFrequencies: ${name} must be finite and ${isFactor ? ">= 1" : "> " + bound}`,
      value,
    );
  }
};
