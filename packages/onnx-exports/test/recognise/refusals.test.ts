/** Graphs that are not understood are refused, with the name of the node and the reason. */
import { attribute, decode, encode, node, tape, type GraphProto, type NodeProto } from "@ropewalk/graph";
import { dynamicNtk, selfExtend, withPositions } from "@ropewalk/context-extension";
import { configOf, modelOf } from "@ropewalk/testing/exports/export-files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extendExport, type ExtendOptions } from "../../src/index.ts";

const extension = selfExtend({ groupSize: 2, window: 16 });

const edited = (name: string, edit: (graph: GraphProto) => void): Uint8Array => {
  const model = decode(modelOf(name));
  edit(model.graph!);
  return encode(model);
};

const refusal = (model: Uint8Array, options: Partial<ExtendOptions> = {}, name = "genai-cpu-llama"): string => {
  try {
    extendExport({ extension, config: configOf(name), ...options }, model);
  } catch (error) {
    expect([RangeError, TypeError]).toContain((error as Error).constructor);
    return (error as Error).message;
  }
  return "nothing was refused";
};

const first = (graph: GraphProto, opType: string): NodeProto => graph.node.find((found) => found.opType === opType)!;

const inGqa =
  (edit: (found: NodeProto) => void) =>
  (graph: GraphProto): void =>
    edit(first(graph, "GroupQueryAttention"));

describe("extensions that an export cannot be rewritten for", () => {
  it("bands other than near and far or a window, if the caller keeps the cache", () => {
    const [chunks, sinks] = [
      withPositions({ kind: "dual-chunk", chunkSize: 40, localSize: 10 }),
      withPositions({ kind: "sinks", sinks: 3, window: 25 }),
    ];
    const rule =
      'extendExport: bands must be [0, ∞), or [0, window), or [0, window) and [window, ∞) for runtime "portable", got';
    expect(refusal(modelOf("genai-cpu-llama"), { extension: sinks })).toBe(
      `${rule} [0, 25) and one of another rule of Sinks(sinks 3, window 25)`,
    );
    expect(refusal(modelOf("genai-cpu-llama"), { extension: chunks })).toMatch(
      /of DualChunk\(chunkSize 40, localSize 10\)$/,
    );
    for (const masked of [sinks, chunks])
      expect(refusal(modelOf("genai-cpu-llama"), { extension: masked, runtime: "ropewalk" })).toBe(
        "nothing was refused",
      );
    const shifted = withPositions({ kind: "string", shiftFrom: 21, window: 8 });
    expect(refusal(modelOf("genai-cpu-llama"), { extension: shifted })).toBe("nothing was refused");
  });

  it("custom scalings", () => {
    const rope = { kind: "custom", frequencies: () => ({ inverseFrequencies: [1] }) } as const;
    const entropy = { kind: "custom", scale: () => 1 } as const;
    const message = (field: string): RegExp =>
      new RegExp(`(recordOf: ${field} must be numbers alone|must be a curve|inverseFrequencies).*(custom|got 1)`);
    expect(refusal(modelOf("genai-cpu-llama"), { extension: { rope } })).toMatch(message("rope"));
    expect(refusal(modelOf("genai-cpu-llama"), { extension: { entropy } })).toMatch(message("entropy"));
  });
});

describe("attention that is not understood", () => {
  const gqa = 'node "/model/layers.0/attn/GroupQueryAttention" (GroupQueryAttention)';
  it.each<readonly [string, (graph: GraphProto) => void, string]>([
    [
      "an unknown attribute",
      inGqa((found) => found.attribute.push(attribute("kv_quant", 1))),
      `${gqa} must have no attributes but`,
    ],
    [
      "a smooth softmax",
      inGqa((found) => found.attribute.push(attribute("smooth_softmax", 1))),
      `${gqa}: smooth_softmax must be off, got 1`,
    ],
    [
      "a head sink",
      inGqa((found) => (found.input[11] = "cos_cache")),
      `${gqa} must have no attention bias, head sink or quantized cache, got the input "cos_cache"`,
    ],
    ["no past", inGqa((found) => (found.input[3] = "")), `${gqa} must take past keys and values and give present ones`],
    [
      "a past from elsewhere",
      inGqa((found) => (found.input[3] = "cos_cache")),
      `${gqa} must take its past from inputs of the graph, got "cos_cache"`,
    ],
    [
      "packed and not rotated",
      inGqa((found) => (found.attribute.find(({ name }) => name === "do_rotary")!.i = 0n)),
      `${gqa} must rotate packed queries and keys by itself, got do_rotary 0`,
    ],
    [
      "attention of another kind",
      inGqa((found) => (found.opType = "PagedAttention")),
      'node "/model/layers.0/attn/GroupQueryAttention" (PagedAttention) must be of a known form',
    ],
    [
      "one layer of several without attention",
      (graph) => {
        const gone = first(graph, "GroupQueryAttention");
        const [hidden, , , pastKey, pastValue] = gone.input;
        const kept = [hidden, pastKey, pastValue].map((value, i) => node("Identity", [value!], [gone.output[i]!]));
        graph.node = graph.node.flatMap((found) => (found === gone ? kept : [found]));
      },
      'every input with 4 axes must be the past of a layer, got "past_key_values.0.key"',
    ],
    [
      "no attention mask",
      (graph) => {
        graph.input.find(({ name }) => name === "attention_mask")!.name = "mask";
        for (const found of graph.node)
          found.input = found.input.map((value) => (value === "attention_mask" ? "mask" : value));
      },
      'a model must have the input "attention_mask"',
    ],
  ])("%s", (_, edit, message) => {
    expect(refusal(edited("genai-cpu-llama", edit))).toContain(message);
  });

  it("a table of another width than config.json says", () => {
    const model = edited(
      "genai-cpu-llama",
      (graph) => void (graph.initializer.find(({ name }) => name === "cos_cache")!.dims[1] = 4n),
    );
    const config = { ...configOf("genai-cpu-llama"), partial_rotary_factor: 1 };
    expect(refusal(model, { config })).toContain(`${gqa.replace(" (GroupQueryAttention)", "")} must rotate 16 of 16`);
  });

  const decomposed = "torch-dynamo-llama";
  it.each<readonly [string, (graph: GraphProto) => void, string]>([
    [
      "a rotation with other frequencies",
      (graph) => {
        const tensor = graph.initializer.find(({ name }) => name === "unsqueeze_13")!;
        tensor.rawData = new Uint8Array(new Float32Array(8).fill(0.5).buffer);
      },
      'node "node_Softmax_264" (Softmax) must rotate as config.json says (16 of 16 dimensions, theta 10000, default), got another rotation at "add_254"',
    ],
    [
      "queries that are not rotated",
      (graph) => void (graph.node.find(({ name }) => name === "node_Mul_256")!.input[0] = "transpose_1"),
      'node "node_Softmax_264" (Softmax) must be of scores that rotated queries and keys give',
    ],
    [
      "a mask that shows the future",
      (graph) => void (graph.node.find(({ name }) => name === "node_le_4")!.opType = "GreaterOrEqual"),
      "must have a causal mask",
    ],
    [
      "scores that are changed on the way",
      (graph) => void (graph.node.find(({ name }) => name === "node_Mul_258")!.opType = "Max"),
      'node "node_Softmax_264" (Softmax)',
    ],
    [
      "weights that are changed behind the softmax",
      (graph) => void (graph.node.find(({ name }) => name === "node_Where_266")!.input[2] = "val_263"),
      'node "node_Softmax_264" (Softmax)',
    ],
  ])("%s", (_, edit, message) => {
    expect(refusal(edited(decomposed, edit), {}, decomposed)).toContain(message);
  });
  it("attention inside of a branch", () => {
    const model = edited("genai-cpu-llama", (graph) => {
      const inner = node("GroupQueryAttention", [], ["inner"], {}, { domain: "com.microsoft", name: "inside" });
      const branch = attribute("then_branch", 0);
      branch.type = 5;
      branch.g = { ...graph, name: "branch", node: [inner], input: [], output: [], initializer: [], valueInfo: [] };
      const chosen = node("If", ["attention_mask"], ["chosen"], {}, { name: "choice" });
      chosen.attribute.push(branch);
      graph.node.push(chosen);
    });
    expect(refusal(model)).toContain(
      'node "choice" (If) must have no attention inside of its graphs, got node "inside"',
    );
  });
  it("other heads than config.json says", () => {
    const config = { ...configOf(decomposed), num_attention_heads: 8 };
    expect(refusal(modelOf(decomposed), { config })).toContain('node "node_Softmax_264" (Softmax)');
  });
});

describe("models that are no decoders", () => {
  const encoder = (): Uint8Array => {
    const t = tape();
    const x = t.input("pixel_values", "float32", ["batch", 3, 8, 8]);
    t.output("y", t.op("Softmax", [x], { axis: -1 }));
    return encode(t.model());
  };
  it("a vision model", () => expect(refusal(encoder())).toContain("a model must be a decoder with attention"));
  it("an encoder with attention", () => {
    const model = edited("genai-cpu-llama", (graph) => {
      graph.node = [
        node(
          "MultiHeadAttention",
          ["q", "k", "v"],
          ["y"],
          { num_heads: 2 },
          { domain: "com.microsoft", name: "encoder" },
        ),
      ];
      graph.input = ["q", "k", "v"].map((name) => ({ ...graph.input[0]!, name }));
      graph.output = [];
    });
    expect(refusal(model)).toContain('node "encoder" (MultiHeadAttention) must take past keys and values');
  });
});

describe("extensions that a cache cannot hold", () => {
  it("dynamic NTK, by name", () => {
    const dynamic = dynamicNtk({ factor: 4, originalContext: 64 });
    expect(refusal(modelOf("genai-cpu-llama"), { extension: dynamic })).toContain("got dynamic-ntk");
  });
  it("LongRoPE, unless another scaling replaces it", () => {
    const list = Array.from({ length: 8 }, () => 1);
    const rope = { rope_type: "longrope", rope_theta: 10000, short_factor: list, long_factor: list };
    const config = { ...configOf("genai-cpu-llama"), original_max_position_embeddings: 32, rope_parameters: rope };
    expect(refusal(modelOf("genai-cpu-llama"), { config })).toContain("got longrope");
    const linear = { rope: { kind: "linear" as const, factor: 2 } };
    expect(extendExport({ extension: linear, config }, modelOf("genai-cpu-llama")).capacity).toBe(128);
  });
  it("a window wider than the trained one", () => {
    expect(refusal(modelOf("genai-cpu-llama"), { extension: selfExtend({ groupSize: 2, window: 65 }) })).toContain(
      "65",
    );
  });
});

describe("files", () => {
  it.each(["../secret", "/etc/passwd", "a/../../b", "C:\\x", "..\\x", ""])("data at %j", (location) => {
    const model = edited("genai-cpu-llama", (graph) => {
      graph.initializer[1]!.externalData.find(({ key }) => key === "location")!.value = location;
    });
    expect(refusal(model)).toContain(`must lie in a file inside the model's folder, got "${location}"`);
  });
  it("a value that nothing makes", () => {
    const model = edited("genai-cpu-llama", (graph) => void graph.node.shift());
    expect(refusal(model)).toContain('must take values that are made, got "/model/constants/INT64/[1]"');
  });
  it("nodes in a circle", () => {
    const model = edited("genai-cpu-llama", (graph) => {
      first(graph, "SimplifiedLayerNormalization").input[0] = "/model/layers.0/mlp/Mul/output_0";
    });
    expect(refusal(model)).toContain("nodes must not wait for each other in a circle, got node");
  });
  it("a config that is no object", () => {
    for (const config of [null, [], "{}", { ...configOf("genai-cpu-llama"), max_position_embeddings: "64" }])
      expect(refusal(modelOf("genai-cpu-llama"), { config })).toContain("config.json");
  });
  it("bytes of any kind soon end in an error of the project", () => {
    const original = modelOf("genai-cpu-llama");
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.nat(original.length - 1).map((end) => original.slice(0, end)),
      fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }).map((changes) => {
        const copy = Uint8Array.from(original);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      }),
    );
    fc.assert(
      fc.property(bytes, (model) => {
        const message = refusal(model);
        // A changed byte in a name may leave a model that can be rewritten.
        if (message !== "nothing was refused") expect(message).toMatch(/^[a-zA-Z]+: |must /);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a model that was extended", () => {
  const config = configOf("genai-cpu-llama");
  const once = extendExport({ extension, config }, modelOf("genai-cpu-llama"));
  it("is refused", () => {
    expect(refusal(once.model, { config: once.config })).toContain(
      "a model must not be extended twice (replace: true), got one with SelfExtend(groupSize 2, window 16)",
    );
  });
  it("gets another extension on request, as if it had not been extended", () => {
    const other = selfExtend({ groupSize: 3, window: 20 });
    const twice = extendExport({ extension: other, config: once.config, replace: true }, once.model);
    const fresh = extendExport({ extension: other, config }, modelOf("genai-cpu-llama"));
    expect(twice.capacity).toBe(fresh.capacity);
    expect(twice.config).toEqual(fresh.config);
    const names = (model: Uint8Array): readonly string[] => decode(model).graph!.node.map(({ name }) => name);
    expect(names(twice.model)).toEqual(names(fresh.model));
  });
});
