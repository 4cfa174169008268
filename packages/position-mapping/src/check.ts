/** Checks one number: a TypeError for what is none, a RangeError for one that breaks the rule. */
export const checkNumber = (where: string, name: string, value: unknown, holds: boolean, rule: string): void => {
  if (typeof value !== "number") throw new TypeError(`${where}: ${name} must be a number, got ${String(value)}`);
  if (!holds) throw new RangeError(`${where}: ${name} must be ${rule}, got ${value}`);
};

/** Checks that named values are integers of at least `least`. */
export const checkIntegers = (where: string, least: number, values: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(values)) {
    checkNumber(where, name, value, Number.isSafeInteger(value) && value >= least, `an integer >= ${least}`);
  }
};

/** Checks that the near band stays within what the model was trained on. */
export const checkWindow = (where: string, window: number, trainedContext: number): void =>
  checkNumber(where, "window", window, window <= trainedContext, `<= trainedContext ${trainedContext}`);
