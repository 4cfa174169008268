/** A JSON value with a few of its parts changed, left out, moved or named anew; or its text, broken. */
import fc from "fast-check";
import { mutateText } from "./mutate-text.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const deep = (levels: number): Json => {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

/** Values that readers forget: of another type, beyond what fits, or of a name that objects have. */
const values: readonly Json[] = [
  ...[null, true, false, 0, -0, 1, -1, 0.5, 2, 3, 7, 64, 1e-300, 1e300, -1e300, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2],
  ...["", " ", "0", "-1", "true", "null", "__proto__", "constructor", "../outside", "/etc/passwd", "\u0000", "é\ud800"],
  ...["a".repeat(5000), "{% for i in range(1000000000) %}x{% endfor %}", "(a+)+$"],
  ...[[], {}, [[]], [null], [0, 0, 0], ["a", 1], { kind: "custom" }, { __proto__: 1 }, { type: "x" }],
  deep(60),
  deep(200),
  Array.from({ length: 3000 }, (_, at) => at),
];

const names = ["__proto__", "constructor", "toString", "kind", "type", "", "a", "../x", "rope_scaling", "length"];

type Edit = { readonly kind: number; readonly path: readonly number[]; readonly value: Json; readonly name: string };

const anyValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...values) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -10, max: 5000 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json> },
);

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.nat(5),
  path: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
  value: anyValue,
  name: fc.constantFrom(...names),
});

type Entries = readonly (readonly [key: string, value: Json])[];

const rebuilt = (list: boolean, entries: Entries): Json =>
  list
    ? entries.map(([, value]) => value)
    : // A key `__proto__` is a key as any other here, as JSON.parse makes it.
      entries.reduce<Record<string, Json>>(
        (made, [key, value]) =>
          Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true }),
        {},
      );

/** Changes the part that the path leads to: each step picks one of a value's parts, as long as there are some. */
const edited = (json: Json, { kind, path, value, name }: Edit): Json => {
  const [step = 0, ...rest] = path;
  if (json === null || typeof json !== "object") return value;
  const list = Array.isArray(json);
  const entries: Entries = Object.entries(json);
  if (entries.length === 0) return list ? [value] : { [name]: value };
  const at = step % entries.length;
  const [key, part] = entries[at]!;
  if (rest.length > 0 && part !== null && typeof part === "object")
    return rebuilt(list, entries.with(at, [key, edited(part, { kind, path: rest, value, name })]));
  switch (kind) {
    case 0:
      return rebuilt(list, entries.toSpliced(at, 1));
    case 1:
      return rebuilt(list, entries.toSpliced(at, 0, [name, value]));
    case 2:
      return rebuilt(list, entries.with(at, [name, part]));
    case 3:
      return rebuilt(list, entries.with(at, [key, entries[(step >> 3) % entries.length]![1]]));
    default:
      return rebuilt(list, entries.with(at, [key, value]));
  }
};

export const mutateJson = (json: Json): fc.Arbitrary<Json> =>
  fc.array(edit, { minLength: 1, maxLength: 3 }).map((edits) => edits.reduce(edited, json));

/** The text of a mutated value, or of the value with its text broken. */
export const mutateJsonText = (text: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: mutateJson(JSON.parse(text) as Json).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: mutateText(text, ['"', "{", "}", "[", "]", ",", ":", "1e999", "\\u0000", "\ufeff"]) },
  );
