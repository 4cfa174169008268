/** Throws a RangeError with the message when the rule does not hold. */
export const check = (holds: boolean, message: string): void => {
  if (!holds) throw new RangeError(message);
};

/** Checks one number: a TypeError for what is none, a RangeError for one that breaks the rule. */
export const checkNumber = (where: string, name: string, value: unknown, holds: boolean, rule: string): void => {
  if (typeof value !== "number") throw new TypeError(`${where}: ${name} must be a number, got ${String(value)}`);
  check(holds, `${where}: ${name} must be ${rule}, got ${value}`);
};

/** Checks that a value is an integer of at least `least`. */
export const checkInteger = (where: string, name: string, value: number, least: number): void =>
  checkNumber(where, name, value, Number.isSafeInteger(value) && value >= least, `an integer >= ${least}`);
