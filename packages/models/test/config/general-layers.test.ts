/** What a config of a family that is not computed here says of its layers, under the names that several families have. */
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { describe, expect, it } from "vitest";
import { readRotation } from "../../src/index.ts";

const { rope_theta: _, ...bare } = smallConfig;
const config = { ...bare, model_type: "olmo9", num_hidden_layers: 3, sliding_window: 8 };

const read = (change: Json) => readRotation({ ...config, ...change }, { headDim: 4 });

const rope = (theta: number, factor?: number) => ({
  theta,
  rotaryDim: 4,
  layout: "halves",
  scaling: factor === undefined ? { kind: "default" } : { kind: "linear", factor },
});

describe("layers of a config whose family is not known", () => {
  it("slide all alike where nothing is listed, or all are", () => {
    expect(read({})).toMatchObject({ slidingWindow: 8, trainedContext: 8, rope: rope(10_000) });
    const types = ["sliding_attention", "sliding_attention", "sliding_attention"];
    expect(read({ layer_types: types })).toEqual(read({}));
    expect(read({})).not.toHaveProperty("attention");
  });

  it("slide as layer_types has it, and then the window is no limit of what others see", () => {
    const types = ["sliding_attention", "full_attention", "sliding_attention"];
    const stated = read({ layer_types: types });
    expect(stated.attention!.map((kind) => kind.slidingWindow)).toEqual([8, undefined, 8]);
    expect(stated).toMatchObject({ slidingWindow: undefined, trainedContext: bare["max_position_embeddings"] });
    // A window that no layer has.
    expect(read({ layer_types: types.map(() => "full_attention") })).toMatchObject({ slidingWindow: undefined });
  });

  it("keep a window as long as the whole context beside layers that see everything; a longer one cuts nothing", () => {
    const context = bare["max_position_embeddings"] as number;
    const windows = (window: number, types: readonly string[]) =>
      read({ sliding_window: window, layer_types: types }).attention?.map((kind) => kind.slidingWindow);
    const mixed = ["sliding_attention", "full_attention", "sliding_attention"];
    expect(windows(context, mixed)).toEqual([context, undefined, context]);
    expect(windows(context + 1, mixed)).toBeUndefined();
    expect(
      windows(
        context,
        mixed.map(() => "sliding_attention"),
      ),
    ).toBeUndefined();
  });

  it.each<readonly [string, Json]>([
    [
      "in rope_parameters by type",
      {
        rope_parameters: {
          full_attention: { rope_type: "linear", factor: 8, rope_theta: 100_000 },
          sliding_attention: { rope_type: "default", rope_theta: 1000 },
        },
      },
    ],
    [
      "in rope_local_base_freq",
      { rope_theta: 100_000, rope_scaling: { rope_type: "linear", factor: 8 }, rope_local_base_freq: 1000 },
    ],
  ])("rotate by type: %s", (_name, change) => {
    const types = ["sliding_attention", "full_attention", "sliding_attention"];
    const stated = read({ layer_types: types, ...change });
    expect(stated.rope).toEqual(rope(100_000, 8));
    expect(stated.attention!.map((kind) => kind.rope)).toEqual([rope(1000), rope(100_000, 8), rope(1000)]);
  });

  it("do not rotate where no_rope_layers has a 0", () => {
    const stated = read({ sliding_window: null, no_rope_layers: [1, 0, 1] });
    expect(stated.attention!.map((kind) => kind.rope?.theta)).toEqual([10_000, undefined, 10_000]);
  });

  it.each<readonly [Json, string]>([
    [{ layer_types: ["full_attention"] }, "layer_types must have one type for each of 3 layers"],
    [{ layer_types: ["full_attention", "linear_attention", "full_attention"] }, "layer_types[1] must be"],
    [{ no_rope_layers: [1, 1, 1, 0] }, "no_rope_layers must have one number for each of 3 layers, got 4"],
    [{ no_rope_layers: [1, 2, 1] }, "no_rope_layers must be a list of 0 and 1"],
  ])("that are listed wrongly are refused: %o", (change, message) => {
    expect(() => read(change)).toThrow(message);
  });
});
