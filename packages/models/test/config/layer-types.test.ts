/** layer_types that are not what the layers are, in every family: the key, the rule and both values. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/families/families.ts";

type Config = Readonly<Record<string, unknown>> & { readonly num_hidden_layers: number };

const folders = globSync("packages/models/test/vectors/{tiny,layered}/*/config.json").toSorted();

const configOf = (path: string): Config => JSON.parse(readFileSync(path, "utf8")) as Config;

const readsAs = (path: string, changed: Readonly<Record<string, unknown>>): string => {
  const config = { ...configOf(path), ...changed };
  try {
    familyOf(config).read(config);
    return "";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

const repeated = (count: number, last: unknown = "full_attention"): readonly unknown[] =>
  Array.from({ length: count }, (_, layer) => (layer === count - 1 ? last : "full_attention"));

it("is asked of every family", () => {
  const kinds = new Set(folders.map((path) => familyOf(configOf(path)).architecture));
  expect(kinds.size).toBeGreaterThanOrEqual(10);
});

describe.each(folders.map((path) => [path.split("/").at(-2)!, path]))("%s", (_, path) => {
  const numLayers = configOf(path).num_hidden_layers;

  it.each<readonly [string, unknown, RegExp]>([
    [
      "one type",
      repeated(1),
      new RegExp(`layer_types must (have one type for each of|be) ${numLayers} .*got (1|\\["full_attention"\\])$`),
    ],
    [
      "one type too many",
      repeated(numLayers + 1),
      new RegExp(`layer_types must .*${numLayers} .*got (${numLayers + 1}|\\["full_attention".*\\])$`),
    ],
    [
      "an unknown type",
      repeated(numLayers, "linear_attention"),
      /layer_types.* must be .*(full|sliding)_attention.*got .*"linear_attention"\]?$/,
    ],
    [
      "a type that is none",
      repeated(numLayers, null),
      /layer_types.* must be .*(full|sliding)_attention.*got .*null\]?$/,
    ],
    ["no list", "full_attention", /layer_types must be .*got "full_attention"$/],
    ["an object", {}, /layer_types must be .*got an object$/],
  ])("%s", (_what, types, message) => {
    expect(readsAs(path, { layer_types: types })).toMatch(message);
  });
});

describe("a list that is longer than an error shows", () => {
  const path = "packages/models/test/vectors/tiny/llama/config.json";
  const read = (types: unknown): string => readsAs(path, { num_hidden_layers: 36, layer_types: types });

  it("names its length, its unknown type, and the layer of another", () => {
    expect(read(repeated(36))).toBe("");
    expect(read(repeated(35))).toMatch(/layer_types must have one type for each of 36 layers, got 35$/);
    expect(read(repeated(36, "linear_attention"))).toMatch(
      /layer_types\[35\] must be full_attention or sliding_attention, got "linear_attention"$/,
    );
    expect(read(repeated(36, "sliding_attention"))).toMatch(
      /layer_types must be 36 times full_attention, as the other keys say, got "sliding_attention for layer 35"$/,
    );
  });
});
