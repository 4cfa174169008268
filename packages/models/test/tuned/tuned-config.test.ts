/** Whatever extension a checkpoint was tuned under, its config is read as that extension: in the usual keys, or by the entry. */
import {
  abf,
  compose,
  dynamicNtk,
  entropyAbf,
  extendGroups,
  logN,
  positionInterpolation,
  recordOf,
  selfExtend,
  slidingWindow,
  yarn,
  type ContextExtension,
  type ModelLayers,
} from "@ropewalk/context-extension";
import type { RopeScaling } from "@ropewalk/rope";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { llama, loadCheckpoint, readJson, tunedConfig, tunedFiles } from "../../src/index.ts";
import { familyOf } from "../../src/families/families.ts";
import { readExtensionEntry } from "../../src/tuned/extension-entry.ts";
import { inMemory } from "../../src/folder/checkpoint-folder.ts";
import { openFolder } from "../../src/node.ts";

const folder = await openFolder(new URL("../vectors/tiny/llama/", import.meta.url));
const checkpoint = await loadCheckpoint(folder);
const json = (await readJson(folder, "config.json")) as object;
const pairs = checkpoint.decoder.rope.rotaryDim / 2;

const factor = fc.double({ min: 1, max: 64, noNaN: true });
const factors = fc.array(factor, { minLength: pairs, maxLength: pairs });
const originalContext = fc.integer({ min: 16, max: 64 });
const ropes: { readonly [Kind in Exclude<RopeScaling["kind"], "custom">]: fc.Arbitrary<RopeScaling> } = {
  default: fc.constant({ kind: "default" }),
  linear: fc.record({ kind: fc.constant("linear" as const), factor }),
  "ntk-aware": fc.record({ kind: fc.constant("ntk-aware" as const), factor }),
  "dynamic-ntk": fc.record({ kind: fc.constant("dynamic-ntk" as const), factor, originalContext }),
  yarn: fc.record(
    { kind: fc.constant("yarn" as const), factor, originalContext, attentionFactor: factor, truncate: fc.boolean() },
    { requiredKeys: ["kind", "factor", "originalContext"] },
  ),
  llama3: fc.record({
    kind: fc.constant("llama3" as const),
    factor,
    originalContext,
    lowFreqFactor: fc.constant(1),
    highFreqFactor: fc.constant(4),
  }),
  longrope: fc.record({
    kind: fc.constant("longrope" as const),
    factor,
    originalContext,
    shortFactor: factors,
    longFactor: factors,
  }),
  abf: fc.record({ kind: fc.constant("abf" as const), theta: fc.integer({ min: 1000, max: 1e6 }) }),
  "mr-rope": fc.record({
    kind: fc.constant("mr-rope" as const),
    factor,
    originalContext,
    variant: fc.constantFrom("uniform", "progressive"),
  }),
};
const entropies = fc.constantFrom<ContextExtension>({}, logN({ trainedContext: 64 }));
const mappings = fc.constantFrom<ContextExtension>(
  ...[{}, selfExtend({ groupSize: 4, window: 16 }), slidingWindow({ window: 32 })],
);

describe("tunedConfig", () => {
  it.each(Object.entries(ropes))("states %s, or says it in the entry", (kind, rope) => {
    fc.assert(
      fc.property(rope, entropies, mappings, fc.integer({ min: 1, max: 500 }), (scaling, entropy, mapping, seqLen) => {
        const extension = compose({ rope: scaling }, entropy, mapping);
        const written = tunedConfig({ extension, seqLen }, json);
        const read = readExtensionEntry("loadCheckpoint", written);
        const { rope: own } = llama.read(read.config);
        const stated = read.extension.rope ?? own.scaling;
        if (kind === "abf")
          expect(own).toMatchObject({ theta: (scaling as { theta: number }).theta, scaling: { kind: "default" } });
        else expect(stated).toEqual(scaling);
        // What every program can read is not hidden in the entry.
        expect(read.extension.rope === undefined).toBe(!["ntk-aware", "dynamic-ntk", "mr-rope"].includes(kind));
        expect(recordOf({ ...read.extension, rope: scaling })).toEqual(recordOf(extension));
      }),
      { numRuns: 30 },
    );
  });

  it("grows the window to what was seen, but for positions of a mapping", () => {
    expect(tunedConfig({ extension: {}, seqLen: 200 }, json)).toMatchObject({ max_position_embeddings: 200 });
    expect(tunedConfig({ extension: {}, seqLen: 20 }, json)).toEqual(json);
    const under = tunedConfig({ extension: selfExtend({ groupSize: 4, window: 16 }), seqLen: 200 }, json);
    expect(under).toMatchObject({ max_position_embeddings: 64, ropewalk: { trainedContext: 64 } });
    const rebased = tunedConfig({ extension: entropyAbf({ trainedContext: 64 }), seqLen: 200 }, json);
    expect(rebased).toMatchObject({
      rope_theta: 500_000,
      rope_scaling: null,
      max_position_embeddings: 200,
      dtype: "float32",
      ropewalk: { trainedContext: 200, extension: { entropy: { kind: "entropy-abf", trainedContext: 64 } } },
    });
    expect(rebased).not.toHaveProperty("rope_parameters");
  });
});

/** How each layer attends; another base is the base. */
const attentionOf = (model: ModelLayers, extension: ContextExtension) =>
  extendGroups(model, extension).map(({ layers, positions, rope, entropy, scoreScale, softcap }) => ({
    layers,
    positions: positions.name,
    entropy,
    scoreScale,
    softcap,
    rope: rope?.scaling.kind === "abf" ? { ...rope, theta: rope.scaling.theta, scaling: { kind: "default" } } : rope,
  }));

const nested = {
  full_attention: { rope_theta: 30_000, rope_type: "default" },
  sliding_attention: { rope_theta: 700, rope_type: "default" },
};

describe.each<readonly [string, object, boolean]>([
  ["gemma2", {}, false],
  ["gemma3", {}, true],
  ["gemma3", { rope_parameters: nested }, true],
  [
    "gemma3",
    {
      rope_parameters: null,
      rope_theta: 30_000,
      rope_local_base_freq: 700,
      sliding_window_pattern: 2,
      layer_types: null,
      _sliding_window_pattern: 2,
      rope_scaling: null,
    },
    true,
  ],
  ["qwen2-mixed", {}, false],
  ["qwen3-mixed", {}, false],
  ["smollm3", {}, true],
])("a %s whose layers differ, with %j", (family, changes, ownRope) => {
  it.each<readonly [ContextExtension, boolean]>([
    [{}, false],
    [abf({ theta: 500_000 }), true],
    [positionInterpolation({ factor: 4 }), true],
    [yarn({ factor: 4, originalContext: 64 }), true],
    [dynamicNtk({ factor: 4, originalContext: 64 }), false],
    [compose(entropyAbf({ trainedContext: 64 }), selfExtend({ groupSize: 4, window: 16 })), true],
    [logN({ trainedContext: 64 }), false],
  ])("tuned under %j has it in the layers that see everything, and keeps the others", async (extension, statable) => {
    const opened = await openFolder(new URL(`../vectors/layered/${family}/`, import.meta.url));
    const config = { ...((await readJson(opened, "config.json")) as object), ...changes };
    const before = familyOf(config).read(config);
    const written = tunedConfig({ extension, seqLen: 200 }, config);
    const entry = readExtensionEntry("loadCheckpoint", written);
    const after = familyOf(entry.config).read(entry.config);
    expect(attentionOf(after, entry.extension)).toEqual(attentionOf(before, extension));
    expect(new Set(attentionOf(after, entry.extension).map((kind) => JSON.stringify(kind))).size).toBeGreaterThan(1);
    for (const key of ["layer_types", "no_rope_layers", "sliding_window", "rope_local_base_freq"])
      expect(written[key as keyof typeof written]).toEqual(config[key as keyof typeof config]);
    // What config.json has keys for stands there: one rope for all layers says nothing of those that slide.
    if (extension.rope !== undefined && statable) expect(entry.extension.rope === undefined).toBe(ownRope);
  });
});

const withEntry = async (entry: unknown) => {
  const config = new TextEncoder().encode(JSON.stringify({ ...json, ropewalk: entry }));
  const changed = inMemory("changed", { "config.json": config });
  return loadCheckpoint({ name: "changed", file: async (name) => (await changed.file(name)) ?? folder.file(name) });
};

describe("the entry of config.json", () => {
  it("is the checkpoint's extension, and stands for its window", async () => {
    const extension = recordOf(compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 48 })));
    const read = await withEntry({ trainedContext: 48, extension });
    expect(recordOf(read.extension())).toEqual(extension);
    expect(read.decoder.trainedContext).toBe(48);
    expect(checkpoint.extension()).toEqual({});
  });

  it("is read as it was written from the first", async () => {
    const entry = JSON.parse(
      '{ "trainedContext": 48, "extension": { "positions": { "groupSize": 4, "window": 16, "kind": "self-extend" }, ' +
        '"rope": { "kind": "dynamic-ntk", "factor": 2, "originalContext": 48 }, "entropy": { "trainedContext": 48, "kind": "log-n" } } }',
    ) as { readonly extension: object };
    const read = await withEntry(entry);
    expect(recordOf(read.extension())).toEqual(entry.extension);
    expect(read.extension().positions?.name).toBe("SelfExtend(groupSize 4, window 16)");
  });

  it.each<[unknown, RegExp]>([
    ["yarn", /^loadCheckpoint: config\.json: ropewalk must be an object, got "yarn"$/],
    [{ trainedContext: 64 }, /ropewalk\.extension must be an object, got nothing$/],
    [{ trainedContext: 0, extension: {} }, /ropewalk: trainedContext must be an integer >= 1, got 0$/],
    [
      { trainedContext: 64, extension: {}, more: 1 },
      /ropewalk must have no keys but trainedContext, extension, got "more"$/,
    ],
    [
      { trainedContext: 64, extension: { ropes: {} } },
      /extension must have no keys but .*got "ropes"; rope is meant\?$/,
    ],
    [
      { trainedContext: 64, extension: { entropy: { kind: "log" } } },
      /^loadCheckpoint: config\.json: ropewalk\.extension\.entropy\.kind must be one of log-n, .*got "log"$/,
    ],
    [{ trainedContext: 64, extension: { positions: { kind: "self-extend", groupSize: 0, window: 4 } } }, /got 0$/],
  ])("that is none is refused: %j", async (entry, message) => {
    await expect(withEntry(entry)).rejects.toThrow(message);
  });
});

describe("tunedFiles", () => {
  it("refuses a tensor of another shape by its name", async () => {
    await expect(tunedFiles({ extension: {}, seqLen: 8 }, checkpoint, {})).rejects.toThrow(
      /^tunedFiles: tensors\["model\.embed_tokens\.weight"\] must be \[128, 64\], got nothing$/,
    );
  });
});
