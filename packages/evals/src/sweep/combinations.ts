/** All combinations of an entry's lists: { a: [1, 2], b: [3, 4] } means a 1 with b 3, 1 with 4, 2 with 3 and 2 with 4. */
import type { Json, JsonObject } from "@ropewalk/models";

/**
 * Every combination of one value from each list of an entry. The first key's value changes slowest.
 *
 * @param lists - keys whose value is a list by nature; for these a list of lists gives several values
 * @throws RangeError for a list without values
 */
export const combinations = (
  where: string,
  entry: JsonObject,
  lists: readonly string[] = [],
): readonly JsonObject[] => {
  const valuesOf = (key: string, value: Json): readonly Json[] => {
    if (!Array.isArray(value)) return [value];
    const list = value as readonly Json[];
    if (list.length === 0) throw new RangeError(`${where}: ${key} must hold at least 1 value, got none`);
    return lists.includes(key) && !list.every(Array.isArray) ? [value] : list;
  };
  return Object.entries(entry).reduce<readonly JsonObject[]>(
    (all, [key, value]) => all.flatMap((one) => valuesOf(key, value).map((each) => ({ ...one, [key]: each }))),
    [{}],
  );
};
