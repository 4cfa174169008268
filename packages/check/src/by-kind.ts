import { checkOneOf } from "./keys.ts";
import { show } from "./show.ts";

type Tagged = { readonly kind: string };

/** What is done for each kind of a tagged union: total, so that the compiler asks for a row when a kind is added. */
export type Rows<Union extends Tagged, Result> = {
  readonly [Kind in Union["kind"]]: (value: Extract<Union, { readonly kind: Kind }>) => Result;
};

/**
 * Does what the value's kind asks for.
 *
 * @throws TypeError when the value is no object, RangeError that lists the known kinds when its kind is none of them
 */
export const byKind = <Union extends Tagged, Result>(
  where: string,
  name: string,
  value: Union,
  rows: Rows<Union, Result>,
): Result => {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${where}: ${name} must be an object with a kind, got ${show(value)}`);
  checkOneOf(where, `${name}.kind`, value.kind, Object.keys(rows));
  const row: (value: never) => Result = rows[value.kind as Union["kind"]];
  return row(value as never);
};
