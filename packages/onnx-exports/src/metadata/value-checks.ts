/** Checks of single values in the metadata of a rewritten model. */
import { checkKeys, checkNumber, check, type Keys } from "@ropewalk/check";

export const where: string = 'metadata "ropewalk"';

/** Upper limits: more than any model has, and few enough to go through. */
export const most: Readonly<Record<"layers" | "size" | "tokens", number>> = {
  layers: 10_000,
  size: 2 ** 24,
  tokens: 2 ** 31,
};

export const checkText = (name: string, value: unknown): void =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be a name`, value, "string");

export const checkFinite = (name: string, value: unknown, least: number): void =>
  checkNumber(where, name, value, Number.isFinite(value) && (value as number) >= least, `a finite number >= ${least}`);

export const checkObject = <T extends object>(name: string, value: T, keys: Keys<T>): void => {
  checkKeys(where, name, value, keys);
};
