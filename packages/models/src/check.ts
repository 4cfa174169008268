/** A single value as errors show it. */
const showOne = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
};

/** A value as errors show it: on one line and short, whatever it is. */
const show = (value: unknown): string => {
  if (!Array.isArray(value)) return showOne(value);
  const shown = value.slice(0, 8).map(showOne);
  return `[${(value.length > 8 ? [...shown, "…"] : shown).join(", ")}]`;
};

/**
 * Throws `<rule>, got <got>` when the rule does not hold: a TypeError when `got` is not of the `typeof` that is wanted, a
 * RangeError otherwise.
 */
export const check: (
  holds: boolean,
  rule: string,
  got: unknown,
  wanted?: "boolean" | "number" | "object" | "string",
) => asserts holds = (holds, rule, got, wanted) => {
  if (holds) return;
  const wrongType = wanted !== undefined && typeof got !== wanted;
  throw new (wrongType ? TypeError : RangeError)(`${rule}, got ${show(got)}`);
};
