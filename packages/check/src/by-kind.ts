import { checkKeys, checkOneOf, type Keys } from "./check-keys.ts";
import { show } from "./show.ts";

type Tagged = { readonly kind: string };

type Variant<Union extends Tagged, Kind extends Union["kind"]> = Extract<Union, { readonly kind: Kind }>;

/** One function for each kind of a tagged union. The table is total: the compiler asks for a row when a kind is added. */
export type Rows<Union extends Tagged, Result, Rest extends readonly unknown[] = []> = {
  readonly [Kind in Union["kind"]]: (value: Variant<Union, Kind>, ...rest: Rest) => Result;
};

/** As {@link Rows}, with the keys that each variant may have besides its kind. */
export type Variants<Union extends Tagged, Result, Rest extends readonly unknown[] = []> = {
  readonly [Kind in Union["kind"]]: readonly [
    keys: Keys<Omit<Variant<Union, Kind>, "kind">>,
    run: (value: Variant<Union, Kind>, ...rest: Rest) => Result,
  ];
};

const checkKind = (where: string, name: string, value: Tagged, rows: object): void => {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${where}: ${name} must be an object with a kind, got ${show(value)}`);
  if (!Object.hasOwn(rows, value.kind)) checkOneOf(where, `${name}.kind`, value.kind, Object.keys(rows));
};

/**
 * Runs the row of the value's kind.
 *
 * @param rest - further arguments of the rows
 * @throws TypeError when the value is no object, RangeError that lists the known kinds when its kind is none of them
 */
export const byKind = <Union extends Tagged, Result, Rest extends readonly unknown[]>(
  where: string,
  name: string,
  value: Union,
  rows: Rows<Union, Result, Rest>,
  ...rest: Rest
): Result => {
  checkKind(where, name, value, rows);
  const row: (value: never, ...rest: Rest) => Result = rows[value.kind as Union["kind"]];
  return row(value as never, ...rest);
};

/**
 * As {@link byKind}, for a value that a caller wrote: a key that its kind does not have is refused.
 *
 * @throws as `byKind` and `checkKeys` do
 */
export const byVariant = <Union extends Tagged, Result, Rest extends readonly unknown[]>(
  where: string,
  name: string,
  value: Union,
  rows: Variants<Union, Result, Rest>,
  ...rest: Rest
): Result => {
  checkKind(where, name, value, rows);
  const [keys, run] = rows[value.kind as Union["kind"]] as readonly [
    Keys<Union>,
    (value: Union, ...rest: Rest) => Result,
  ];
  checkKeys(where, name, value, Object.assign({ kind: true as const }, keys));
  return run(value, ...rest);
};
