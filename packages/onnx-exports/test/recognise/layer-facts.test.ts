/** config.json against the graph, layer by layer: differences are refused or noticed. And the configs that are written. */
import { selfExtend, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { attribute, decode, encode, type NodeProto } from "@ropewalk/graph";
import { inMemory } from "@ropewalk/models";
import {
  layeredConfig,
  layeredExport,
  type LayeredFamily,
  type LayeredForm,
} from "@ropewalk/testing/exports/layered-exports";
import { beforeAll, describe, expect, it } from "vitest";
import { extendConfigs, extendExport, loadExport, type ExtendedExport } from "../../src/index.ts";

type Json = Readonly<Record<string, unknown>>;

const extension = selfExtend({ groupSize: 3, window: 20 });

const made = new Map<string, Uint8Array>();
const kinds = [
  ["gemma2", "genai"],
  ["gemma3", "genai"],
  ["gemma3", "eager"],
  ["qwen2-mixed", "genai"],
  ["smollm3", "genai"],
  ["smollm3", "eager"],
] as const satisfies readonly (readonly [LayeredFamily, LayeredForm])[];

beforeAll(async () => {
  for (const [family, form] of kinds) made.set(`${family} ${form}`, await layeredExport(family, form));
});

const extended = (family: LayeredFamily, form: LayeredForm, change: Json, chosen: ContextExtension = {}) =>
  extendExport({ extension: chosen, config: { ...layeredConfig(family), ...change } }, made.get(`${family} ${form}`)!);

const byType = (full: Json, sliding: Json): Json => ({
  rope_parameters: { full_attention: full, sliding_attention: sliding },
});
const global = { rope_type: "linear", rope_theta: 100_000, factor: 8 };
const local = { rope_type: "default", rope_theta: 1000 };

describe("a graph that is not what config.json says of a layer", () => {
  it.each<readonly [string, LayeredFamily, LayeredForm, Json, RegExp]>([
    [
      "tables of layers that slide",
      "gemma3",
      "genai",
      byType(global, { ...local, rope_theta: 2000 }),
      /^extendExport: node "[^"]*layers\.0\/[^"]*" \(GroupQueryAttention\) must rotate as config.json says \(16 of 16 dimensions, theta 2000, default\), got another row 1 in "cos_cache_local" \(pair 1: 0\.9\d+ in place of 0\.9\d+\)$/,
    ],
    [
      "tables of layers that see everything",
      "gemma3",
      "genai",
      byType({ ...global, factor: 4 }, local),
      /layers\.3\/[^"]*" .*theta 100000, linear\), got another row 1 in "cos_cache_global" \(pair 0: /,
    ],
    [
      "a rotation in basic operators",
      "gemma3",
      "eager",
      byType(global, { ...local, rope_theta: 2000 }),
      /theta 2000, default\), got another rotation at "[^"]*" \(-?[\d.e-]+ in place of -?[\d.e-]+\)$/,
    ],
    [
      "another rope for all of them",
      "gemma3",
      "eager",
      byType(local, local),
      /theta 1000, default\), got another rotation at /,
    ],
    [
      "tables in a layer without rotation",
      "smollm3",
      "genai",
      { no_rope_layers: [1, 1, 0, 0] },
      /layers\.2\/.* must not rotate queries and keys, as config\.json says of layer 2, got the tables "cos_cache" and "sin_cache"$/,
    ],
    [
      "a rotation in a layer without",
      "smollm3",
      "eager",
      { no_rope_layers: [0, 1, 1, 0] },
      /\(Softmax\) must not rotate queries and keys, as config\.json says of layer 0, got a rotation at "/,
    ],
    [
      "no rotation in a layer with one, in an operator of its own",
      "smollm3",
      "genai",
      { no_rope_layers: [1, 1, 1, 1] },
      /layers\.3\/.* must rotate packed queries and keys by itself, got do_rotary 0$/,
    ],
    [
      "no rotation in a layer with one",
      "smollm3",
      "eager",
      { no_rope_layers: [1, 1, 1, 1] },
      /\(Softmax\) must be of scores that rotated queries and keys give \(MatMul\), got "/,
    ],
    [
      "fewer layers in the config",
      "smollm3",
      "genai",
      {
        num_hidden_layers: 3,
        layer_types: Array.from({ length: 3 }, () => "full_attention"),
        no_rope_layers: [1, 1, 1],
      },
      /must have the 3 layers that config\.json states the attention of, got 4$|do_rotary 0$/,
    ],
    [
      "fewer layers in the config that differ",
      "gemma2",
      "genai",
      { num_hidden_layers: 3, layer_types: ["sliding_attention", "full_attention", "sliding_attention"] },
      /^extendExport: a model must have the 3 layers that config\.json states the attention of, got 4$/,
    ],
    [
      "more layers in the config",
      "gemma2",
      "genai",
      {
        num_hidden_layers: 6,
        layer_types: Array.from({ length: 6 }, (_, l) => (l % 2 ? "full_attention" : "sliding_attention")),
      },
      /^extendExport: a model must have the 6 layers that config\.json states the attention of, got 4$/,
    ],
    [
      "layer_types of another length than the layers",
      "gemma2",
      "genai",
      { layer_types: ["sliding_attention", "full_attention"] },
      /layer_types must have one type for each of 4 layers, got /,
    ],
    [
      "layer_types of an unknown kind",
      "gemma2",
      "genai",
      { layer_types: ["sliding_attention", "full_attention", "linear_attention", "full_attention"] },
      /layer_types\[2\] must be full_attention or sliding_attention, got "linear_attention"$/,
    ],
  ])("%s", (_, family, form, change, message) => {
    expect(() => extended(family, form, change)).toThrow(message);
  });

  it("is accepted with a notice if windows, scales or softcaps differ: the graph's hold", () => {
    expect(extended("gemma2", "genai", {}).notices).toEqual([]);
    // The model builder of ONNX Runtime GenAI lets the odd layers of Gemma 2 slide.
    const odd = Array.from({ length: 4 }, (_, layer) => (layer % 2 === 0 ? "full_attention" : "sliding_attention"));
    const change = { layer_types: odd, query_pre_attn_scalar: 16, attn_logit_softcapping: 30 };
    expect(extended("gemma2", "genai", change).notices).toEqual([
      "the graph's sliding window is not what config.json says, and holds: 12 in place of none in layer 0, and others in 3 more",
      expect.stringMatching(
        /^the graph's score scale is not what config.json says, and holds: 0\.2236\d* in place of 0\.25 in layer 0, and others in 3 more$/,
      ),
      "the graph's softcap is not what config.json says, and holds: 20 in place of 30 in layer 0, and others in 3 more",
    ]);
  });

  it("bands of another form than near and far, for any runtime, where a layer takes them", () => {
    const sinks = withPositions({ kind: "sinks", sinks: 3, window: 25 });
    expect(() => extended("gemma3", "genai", {}, sinks)).toThrow(
      'for runtime "portable", got [0, 25) and one of another rule',
    );
  });
});

const windowed = (bytes: Uint8Array): Uint8Array => {
  const model = decode(bytes);
  const slide = (node: NodeProto): void => {
    if (node.opType !== "GroupQueryAttention") return;
    const others = node.attribute.filter(({ name }) => name !== "local_window_size");
    node.attribute = [...others, attribute("local_window_size", 12)];
  };
  model.graph!.node.forEach(slide);
  return encode(model);
};

describe("config.json beside an extended export", () => {
  const slidesIn = ({ config }: Pick<ExtendedExport, "config">) => [config["sliding_window"], config["layer_types"]];
  const all = (type: string): readonly string[] => Array.from({ length: 4 }, () => type);

  it("keeps the windows of layers that keep theirs", () => {
    const config = layeredConfig("gemma3");
    const own = [12, config.layer_types];
    expect(slidesIn(extended("gemma3", "genai", {}, extension))).toEqual(own);
    expect(slidesIn(extendConfigs({ extension, config }))).toEqual(own);
  });

  it("has no window where all layers slide and an extension sets the positions, and has it again without", async () => {
    const model = windowed(made.get("qwen2-mixed genai")!);
    const config: Json = {
      ...layeredConfig("qwen2-mixed"),
      max_window_layers: 0,
      layer_types: all("sliding_attention"),
    };
    const longer = extendExport({ extension: selfExtend({ groupSize: 3, window: 8 }), config }, model);
    expect(longer.notices).toEqual([
      expect.stringMatching(/sliding window of 12 tokens is off/),
      expect.stringMatching(/positions are counted from 12 tokens/),
    ]);
    expect(slidesIn(longer)).toEqual([null, all("full_attention")]);
    expect(slidesIn(extendConfigs({ extension: selfExtend({ groupSize: 3, window: 8 }), config }))).toEqual([
      null,
      all("full_attention"),
    ]);
    const again = extendExport({ extension: {}, config: longer.config, replace: true }, longer.model);
    expect(slidesIn(again)).toEqual([12, all("sliding_attention")]);
    const names = (bytes: Uint8Array) => decode(bytes).graph!.node.map(({ name }) => name);
    expect(names(again.model)).toEqual(names(extendExport({ extension: {}, config }, model).model));
  });

  it("an extended one takes another extension, layer by layer", () => {
    for (const [family, form] of kinds) {
      const fresh = extended(family, form, {}, extension);
      const first = extended(family, form, {}, selfExtend({ groupSize: 2, window: 16 }));
      const again = extendExport({ extension, config: first.config, replace: true }, first.model);
      // The order of nodes that do not need each other may differ.
      const shape = (bytes: Uint8Array) => new Map(decode(bytes).graph!.node.map(({ name, input }) => [name, input]));
      expect(shape(again.model)).toEqual(shape(fresh.model));
      expect(again.config).toEqual(fresh.config);
    }
  });
});

describe("a model whose layers differ, written for generation", () => {
  const written = (chosen: ContextExtension) =>
    extendExport(
      { extension: chosen, config: layeredConfig("smollm3"), runtime: "ropewalk" },
      made.get("smollm3 eager")!,
    );
  const load = async ({ model, config }: ExtendedExport) =>
    (await loadExport(
      {},
      inMemory("written", { "model.onnx": model, "config.json": new TextEncoder().encode(JSON.stringify(config)) }),
    ))!;

  it("says how each of its layers attends", async () => {
    const { decoder } = await load(written(extension));
    expect(decoder.attention!.map(({ rope }) => rope?.theta)).toEqual([10_000, 10_000, 10_000, undefined]);
    expect(decoder.rope.rotaryDim).toBe(16);
  });

  it.each<readonly [string, (kinds: Json[]) => unknown, string]>([
    [
      "another number of layers",
      (layers) => layers.slice(1),
      "attention must have an entry for each of 4 sites, got 3",
    ],
    ["no list", () => "all", "attention must be a list"],
    [
      "a rope where nothing rotates",
      (layers) => layers.map(() => layers[0]),
      "attention[3].rope.rotaryDim must be that of the layers, 0, got 16",
    ],
    [
      "no rope where something rotates",
      (layers) => layers.map(() => layers[3]),
      "attention[0].rope must be there for a layer that rotates 16 dimensions",
    ],
    ["a softcap of 0", ([first, ...rest]) => [{ ...first, softcap: 0 }, ...rest], "attention[0].softcap must be"],
    ["a key that is not known", ([first, ...rest]) => [{ ...first, cap: 1 }, ...rest], "cap"],
    [
      "a window of 0",
      ([first, ...rest]) => [{ ...first, slidingWindow: 0 }, ...rest],
      "attention[0].slidingWindow must be",
    ],
  ])("and a record that was changed is refused: %s", async (_, change, message) => {
    const file = written(extension);
    const model = decode(file.model);
    const entry = model.metadataProps.find(({ key }) => key === "ropewalk")!;
    const record = JSON.parse(entry.value!) as { chunk: { decoder: { attention: unknown } } };
    const { decoder } = record.chunk;
    decoder.attention = change(decoder.attention as Json[]);
    entry.value = JSON.stringify(record);
    await expect(load({ ...file, model: encode(model) })).rejects.toThrow(message);
  });
});
