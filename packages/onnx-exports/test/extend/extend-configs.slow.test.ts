/** `extendConfigs` gives the limits that `extendExport` gives, for every export. */
import { reRope, selfExtend, slidingWindow, yarn, type ContextExtension } from "@ropewalk/context-extension";
import { configOf, exportNames, extend } from "@ropewalk/testing/exports/export-files";
import { describe, expect, it } from "vitest";
import { extendConfigs } from "../../src/index.ts";

const extensions: readonly (readonly [string, ContextExtension])[] = [
  ["nothing", {}],
  ["SelfExtend", selfExtend({ groupSize: 4, window: 16 })],
  ["ReRoPE", reRope({ window: 16 })],
  ["a sliding window", slidingWindow({ window: 16 })],
  ["YaRN", yarn({ factor: 4, originalContext: 64 })],
];

describe.each(extensions)("%s", (_, extension) => {
  it.each(exportNames)("on %s", (name) => {
    const { capacity, config } = extend(name, { extension });
    const configs = extendConfigs({ extension, config: configOf(name) });
    expect({ capacity: configs.capacity, config: configs.config }).toEqual({ capacity, config });
  });
});

it("a tokenizer's limit is raised, and never lowered", () => {
  const options = { extension: selfExtend({ groupSize: 4, window: 16 }), config: configOf("genai-cpu-llama") };
  const limit = (tokenizerConfig: unknown) => extendConfigs({ ...options, tokenizerConfig }).tokenizerConfig;
  expect(limit({ model_max_length: 64 })).toEqual({ model_max_length: 208 });
  expect(limit({ model_max_length: 1e30 })).toEqual({ model_max_length: 1e30 });
  expect(limit({})).toEqual({});
  expect(limit(undefined)).toBeUndefined();
  expect(() => limit([])).toThrow("tokenizer_config.json must be an object");
});

it.each<readonly [unknown, string]>([
  [null, "config.json must be an object"],
  [{ hidden_size: 64, num_attention_heads: 4 }, "max_position_embeddings"],
  [{ max_position_embeddings: 64 }, "hidden_size"],
])("%j is refused", (config, message) => {
  expect(() => extendConfigs({ extension: {}, config })).toThrow(message);
});
