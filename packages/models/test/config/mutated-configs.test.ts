/** Configs with one key changed to anything: they load, or are refused in the house's form. */
import { randomCheckpoint } from "@ropewalk/testing/checkpoints/random-checkpoint";
import { bytesOf, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { shapesOf } from "@ropewalk/testing/plain-decoders/plain-decoder";
import { published } from "@ropewalk/testing/published-configs/published";
import { scaledDown } from "@ropewalk/testing/published-configs/scaled-down";
import { rejectionOf } from "@ropewalk/testing/thrown";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inMemory, loadCheckpoint, readRotation } from "../../src/index.ts";

const smalls = Object.values(published).map(({ config }) => scaledDown(config));

/** A key of the config, or of an object in it. */
const places = (config: Json): readonly (readonly string[])[] =>
  Object.entries(config).flatMap(([key, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? [[key], ...Object.keys(value).map((inner) => [key, inner])]
      : [[key]],
  );

const changed = (config: Json, [key, inner]: readonly string[], value: unknown): Json =>
  inner === undefined
    ? { ...config, [key!]: value }
    : { ...config, [key!]: { ...(config[key!] as Json), [inner]: value } };

const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(0, -1, 0.5, 1, 2, 16, 2 ** 31, 2 ** 53, 1e308, "", "64", true, [], {}, null),
  fc.constantFrom("linear", "yarn", "longrope", "su", "llama3", "dynamic", "default"),
  fc.constantFrom("\u001B[2J", "__proto__", "toString"),
);

/** Who, which file, which key or tensor, the rule and what there was; nothing that a terminal obeys. */
// oxlint-disable-next-line no-control-regex
const houseForm = /^(?:Range|Type)Error: [\w.]+: [^\u0000-\u001F\u007F-\u009F]+, got [^\u0000-\u001F\u007F-\u009F]+$/;

describe("a config with a key changed to anything", () => {
  it("loads, or is refused in the house's form", async () => {
    const checkpoints = smalls.map((config) => ({ config, ...randomCheckpoint(config, shapesOf(config)) }));
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...checkpoints), fc.nat(), anything, async ({ config, files }, at, value) => {
        const all = places(config);
        const broken = changed(config, all[at % all.length]!, value);
        const folder = inMemory("m", { ...files, "config.json": bytesOf(JSON.stringify(broken)) });
        const rejection = await rejectionOf(loadCheckpoint(folder));
        if (rejection === "nothing") loaded++;
        else expect(rejection).toMatch(houseForm);
      }),
      { numRuns: 600 },
    );
    expect(loaded).toBeGreaterThan(50);
  });

  it("is read for its rotation, or refused so", () => {
    fc.assert(
      fc.property(fc.constantFrom(...smalls), fc.nat(), anything, (config, at, value) => {
        const all = places(config);
        const broken = changed(config, all[at % all.length]!, value);
        try {
          const { trainedContext, slidingWindow, rope } = readRotation(broken, { headDim: 16 });
          expect(Number.isSafeInteger(trainedContext) && trainedContext > 0).toBe(true);
          expect(slidingWindow ?? 1).toBeGreaterThan(0);
          expect(rope.rotaryDim % 2).toBe(0);
        } catch (error) {
          if ((error as Error).name === "AssertionError") throw error;
          expect(String(error)).toMatch(houseForm);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
