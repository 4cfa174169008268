/**
 * Exports of checkpoints whose layers differ. No tool made these graphs: they are recorded here, node by node after the shapes that
 * tools write, with the weights of the checkpoints, since no export at hand has layers that differ.
 *
 *   genai   as ONNX Runtime GenAI's model builder writes: GroupQueryAttention with scale, softcap and local_window_size, which rotates
 *           by tables of its own in layers that rotate; norms of heads between two Reshapes. The builder itself has Gemma 2's windows
 *           in the odd layers and does not scale Gemma 3's global table; here both are as config.json says.
 *   fused   the same with the norms of heads inside of GroupQueryAttention, as the builder writes for GPUs; where heads have norms
 *   eager   as torch.onnx.export writes eager attention of transformers: cosines and sines from position ids, one pair of them for
 *           each rotation, turned halves, keys repeated for heads, a softcap by Tanh, one mask for each window.
 */
import { encode, tape as newTape, type Dim, type Tape, type Value } from "@ropewalk/graph";
import { loadCheckpoint, readDense } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { readFileSync } from "node:fs";
import { inRepository } from "../repository.ts";
import { layeredCheckpoints } from "../vectors.ts";

export const layeredFolder: URL = inRepository(`${layeredCheckpoints}/`);

export const layeredFamilies = ["gemma2", "gemma3", "qwen2-mixed", "qwen3-mixed", "smollm3"] as const;

export type LayeredFamily = (typeof layeredFamilies)[number];

export type LayeredForm = "genai" | "fused" | "eager";

/** The forms that exports of a family may have. */
export const formsOf = (family: LayeredFamily): readonly LayeredForm[] =>
  ["gemma3", "qwen3-mixed"].includes(family) ? ["genai", "fused", "eager"] : ["genai", "eager"];

type RopeParameters = { readonly rope_theta: number; readonly factor?: number };

type Config = Readonly<Record<string, unknown>> & {
  readonly model_type: string;
  readonly hidden_size: number;
  readonly head_dim?: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly num_hidden_layers: number;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly layer_types?: readonly string[];
  readonly sliding_window: number | null;
  readonly no_rope_layers?: readonly number[];
  readonly query_pre_attn_scalar?: number;
  readonly attn_logit_softcapping?: number | null;
  readonly final_logit_softcapping?: number | null;
  readonly rope_parameters: RopeParameters & Readonly<Record<string, RopeParameters>>;
};

export const layeredConfig = (family: LayeredFamily): Config =>
  JSON.parse(readFileSync(new URL(`${family}/config.json`, layeredFolder), "utf8")) as Config;

type Layer = {
  readonly rope: RopeParameters | undefined;
  readonly window: number | undefined;
  readonly scale: number;
  readonly softcap: number;
};

const headDimOf = ({ head_dim, hidden_size, num_attention_heads }: Config): number =>
  head_dim ?? hidden_size / num_attention_heads;

const layerOf = (config: Config, index: number): Layer => {
  const type = config.layer_types?.[index] ?? "full_attention";
  const scalar = config.query_pre_attn_scalar ?? headDimOf(config);
  return {
    rope: config.no_rope_layers?.[index] === 0 ? undefined : (config.rope_parameters[type] ?? config.rope_parameters),
    window: type === "sliding_attention" ? config.sliding_window! : undefined,
    scale: scalar ** -0.5,
    softcap: config.attn_logit_softcapping ?? 0,
  };
};

type Recorder = {
  readonly tape: Tape;
  readonly config: Config;
  readonly weights: ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>;
};

const isGemma = ({ config }: Recorder): boolean => config.model_type.startsWith("gemma");

const ints = ({ tape }: Recorder, ...values: readonly number[]): Value =>
  tape.constant("int64", [values.length], values);

const number = ({ tape }: Recorder, value: number): Value => tape.constant("float32", [], [value]);

const float = (value: number): { readonly float: number } => ({ float: value });

/** A weight of a norm; Gemma's are stored less 1. */
const normWeight = (recorder: Recorder, name: string): Value => {
  const { dims, data } = recorder.weights.get(`${name}.weight`)!;
  return recorder.tape.constant("float32", dims, isGemma(recorder) ? data.map((w) => w + 1) : data);
};

/** The columns of some matrices [out, in] side by side, [in, outs]. */
const columns = ({ tape, weights }: Recorder, names: readonly string[]): Value => {
  const matrices = names.map((name) => weights.get(`${name}.weight`)!);
  const width = matrices[0]!.dims[1]!;
  const height = matrices.reduce((sum, { dims }) => sum + dims[0]!, 0);
  const rows = matrices.flatMap(({ dims, data }) =>
    Array.from({ length: dims[0]! }, (_, r) => data.subarray(r * width, (r + 1) * width)),
  );
  const data = Float32Array.from({ length: width * height }, (_, at) => rows[at % height]![Math.floor(at / height)]!);
  return tape.constant("float32", [width, height], data);
};

const linear = (recorder: Recorder, x: Value, ...names: readonly string[]): Value => {
  const { tape, weights } = recorder;
  const product = tape.op("MatMul", [x, columns(recorder, names)]);
  const biases = names.flatMap((name) => weights.get(`${name}.bias`) ?? []);
  if (biases.length === 0) return product;
  const data = biases.flatMap((bias) => [...bias.data]);
  return tape.op("Add", [product, tape.constant("float32", [data.length], data)]);
};

type Norm = (recorder: Recorder, x: Value, name: string) => Value;

const norms: Readonly<Record<"genai" | "eager", Norm>> = {
  genai: (recorder, x, name) =>
    recorder.tape.op("SimplifiedLayerNormalization", [x, normWeight(recorder, name)], {
      axis: -1,
      epsilon: float(recorder.config.rms_norm_eps),
    }),
  eager: (recorder, x, name) => {
    const { tape, config } = recorder;
    const mean = tape.op("ReduceMean", [tape.op("Pow", [x, number(recorder, 2)]), ints(recorder, -1)]);
    const root = tape.op("Sqrt", [tape.op("Add", [mean, number(recorder, config.rms_norm_eps)])]);
    const normed = tape.op("Mul", [x, tape.op("Reciprocal", [root])]);
    return tape.op("Mul", [normWeight(recorder, name), normed]);
  },
};

const hasHeadNorms = ({ weights }: Recorder): boolean => weights.has("model.layers.0.self_attn.q_norm.weight");

type Attended = { readonly recorder: Recorder; readonly x: Value; readonly index: number; readonly layer: Layer };

/** What a layer does with normed hidden states, up to its output projection. */
type Attention = (attended: Attended) => Value;

const reshape = (recorder: Recorder, x: Value, ...dims: readonly number[]): Value =>
  recorder.tape.op("Reshape", [x, ints(recorder, ...dims)]);

const pastOf = ({ tape, config }: Recorder, index: number): readonly Value[] =>
  ["key", "value"].map((kv) =>
    tape.input(`past_key_values.${index}.${kv}`, "float32", [
      "batch_size",
      config.num_key_value_heads,
      "past_sequence_length",
      headDimOf(config),
    ]),
  );

const frequencies = (config: Config, { rope_theta: theta, factor = 1 }: RopeParameters): readonly number[] => {
  const headDim = headDimOf(config);
  return Array.from({ length: headDim / 2 }, (_, j) => theta ** ((-2 * j) / headDim) / factor);
};

/** What each layer records once for all that are alike. */
const memo = (): (<T>(key: string, make: () => T) => T) => {
  const made = new Map<string, unknown>();
  return (key, make) => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key) as never;
  };
};

const genaiAttention = (recorder: Recorder, mask: Value, form: LayeredForm): Attention => {
  const { tape, config } = recorder;
  const { num_attention_heads: numHeads, num_key_value_heads: numKvHeads } = config;
  const headDim = headDimOf(config);
  const toInt32 = (x: Value): Value => tape.op("Cast", [x], { to: 6 });
  const ones = tape.op("ReduceSum", [mask, ints(recorder, 1)], { keepdims: 0 });
  const last = toInt32(tape.op("Sub", [ones, ints(recorder, 1)]));
  const total = toInt32(tape.op("Gather", [tape.op("Shape", [mask]), tape.constant("int64", [], [1])], { axis: 0 }));
  const once = memo();
  const tables = (rope: RopeParameters, layer: Layer): readonly Value[] =>
    once(JSON.stringify(rope), () => {
      const suffix = "full_attention" in config.rope_parameters ? (layer.window ? "_local" : "_global") : "";
      const f = frequencies(config, rope);
      const dims = [config.max_position_embeddings, f.length];
      return (["cos", "sin"] as const).map((part) => {
        const data = Float32Array.from({ length: dims[0]! * f.length }, (_, at) =>
          Math[part](Math.floor(at / f.length) * f[at % f.length]!),
        );
        return tape.constant("float32", dims, data, `${part}_cache${suffix}`);
      });
    });
  /** The norm of each head by itself. */
  const normed = (rows: Value, name: string, heads: number): Value =>
    reshape(recorder, norms.genai(recorder, reshape(recorder, rows, 0, -1, headDim), name), 0, -1, heads * headDim);
  return ({ x, index, layer }) => {
    const at = `model.layers.${index}.self_attn`;
    const names = ["q", "k", "v"].map((part) => `${at}.${part}_proj`);
    const separate = (): readonly Value[] => {
      const [query, key, value] = names.map((name) => linear(recorder, x, name));
      if (form === "fused") return [query!, key!, value!];
      return [normed(query!, `${at}.q_norm`, numHeads), normed(key!, `${at}.k_norm`, numKvHeads), value!];
    };
    const projected = hasHeadNorms(recorder) ? separate() : [linear(recorder, x, ...names), undefined, undefined];
    const rotation = layer.rope ? tables(layer.rope, layer) : [];
    // Behind the places, a bias, a sink and two scales of a quantized cache, of which there are none.
    const fused =
      form === "fused"
        ? [
            ...Array.from({ length: 5 }, () => undefined),
            ...["q", "k"].map((part) => normWeight(recorder, `${at}.${part}_norm`)),
          ]
        : [];
    const [out, key, value] = tape.ops(
      "GroupQueryAttention",
      3,
      [...projected, ...pastOf(recorder, index), last, total, ...rotation, ...fused],
      {
        num_heads: numHeads,
        kv_num_heads: numKvHeads,
        scale: float(layer.scale),
        local_window_size: layer.window ?? -1,
        softcap: float(layer.softcap),
        do_rotary: layer.rope ? 1 : 0,
        rotary_interleaved: 0,
        ...(form === "fused" && { qk_norm_epsilon: float(config.rms_norm_eps) }),
      },
      { domain: "com.microsoft", name: `model/layers.${index}/attn/GroupQueryAttention` },
    );
    tape.output(`present.${index}.key`, key!);
    tape.output(`present.${index}.value`, value!);
    return out!;
  };
};

/** [batch, heads, seqLen, headDim]: cosines and sines of the tokens' positions. */
const eagerRotation = (recorder: Recorder, positionIds: Value, rope: RopeParameters): readonly Value[] => {
  const { tape, config } = recorder;
  const f = frequencies(config, rope);
  const inverse = tape.constant("float32", [1, f.length, 1], f);
  const places = tape.op("Cast", [tape.op("Unsqueeze", [positionIds, ints(recorder, 1)])], { to: 1 });
  const angles = tape.op("Transpose", [tape.op("MatMul", [inverse, places])], { perm: [0, 2, 1] });
  const twice = tape.op("Concat", [angles, angles], { axis: -1 });
  return (["Cos", "Sin"] as const).map((part) => tape.op("Unsqueeze", [tape.op(part, [twice]), ints(recorder, 1)]));
};

const rotated = (recorder: Recorder, x: Value, [cos, sin]: readonly Value[]): Value => {
  const { tape } = recorder;
  const half = headDimOf(recorder.config) / 2;
  const part = (from: number, to: number): Value =>
    tape.op("Slice", [x, ints(recorder, from), ints(recorder, to), ints(recorder, 3)]);
  const turned = tape.op("Concat", [tape.op("Neg", [part(half, 2 ** 31)]), part(0, half)], { axis: -1 });
  return tape.op("Add", [tape.op("Mul", [x, cos!]), tape.op("Mul", [turned, sin!])]);
};

/** float32 [batch, 1, seqLen, totalLen], added to scores. */
const eagerMask = (recorder: Recorder, mask: Value, ids: Value, window: number | undefined): Value => {
  const { tape } = recorder;
  const sizeOf = (x: Value): Value =>
    tape.op("Gather", [tape.op("Shape", [x]), tape.constant("int64", [], [1])], { axis: 0 });
  const [zero, one] = [0, 1].map((value) => tape.constant("int64", [], [value]));
  const total = sizeOf(mask);
  const keys = tape.op("Unsqueeze", [tape.op("Range", [zero!, total, one!]), ints(recorder, 0)]);
  const from = tape.op("Sub", [total, sizeOf(ids)]);
  const queries = tape.op("Unsqueeze", [tape.op("Range", [from, total, one!]), ints(recorder, 1)]);
  const causal = tape.op("LessOrEqual", [keys, queries]);
  const inside = (width: number): Value =>
    tape.op("Greater", [keys, tape.op("Sub", [queries, tape.constant("int64", [], [width])])]);
  const seen = window === undefined ? causal : tape.op("And", [causal, inside(window)]);
  const tokens = tape.op("Unsqueeze", [tape.op("Cast", [mask], { to: 9 }), ints(recorder, 1, 2)]);
  const open = tape.op("And", [tape.op("Unsqueeze", [seen, ints(recorder, 0, 1)]), tokens]);
  return tape.op("Where", [open, number(recorder, 0), number(recorder, -3.4028234663852886e38)]);
};

const eagerAttention = (recorder: Recorder, mask: Value, ids: Value): Attention => {
  const { tape, config } = recorder;
  const { num_attention_heads: numHeads, num_key_value_heads: numKvHeads } = config;
  const headDim = headDimOf(config);
  const positionIds = tape.input("position_ids", "int64", ["batch_size", "sequence_length"]);
  const once = memo();
  const transposed = (x: Value): Value => tape.op("Transpose", [x], { perm: [0, 2, 1, 3] });
  const heads = (rows: Value, count: number, norm: string | undefined): Value => {
    const apart = reshape(recorder, rows, 0, 0, count, headDim);
    if (norm === undefined || !hasHeadNorms(recorder)) return transposed(apart);
    // Gemma 3 norms heads behind the transposition, Qwen3 before it.
    return isGemma(recorder)
      ? norms.eager(recorder, transposed(apart), norm)
      : transposed(norms.eager(recorder, apart, norm));
  };
  const repeated = (x: Value): Value => {
    const dims = tape.op("Shape", [x]);
    const [start, axis] = [ints(recorder, 0), ints(recorder, 0)];
    const [first, rest] = [
      tape.op("Slice", [dims, start, ints(recorder, 2), axis]),
      tape.op("Slice", [dims, ints(recorder, 2), ints(recorder, 4), axis]),
    ];
    const groups = ints(recorder, numHeads / numKvHeads);
    const wide = tape.op("Concat", [first, groups, rest], { axis: 0 });
    const expanded = tape.op("Expand", [tape.op("Unsqueeze", [x, ints(recorder, 2)]), wide]);
    return reshape(recorder, expanded, 0, numHeads, -1, headDim);
  };
  return ({ x, index, layer }) => {
    const at = `model.layers.${index}.self_attn`;
    const [query, key, value] = [
      heads(linear(recorder, x, `${at}.q_proj`), numHeads, `${at}.q_norm`),
      heads(linear(recorder, x, `${at}.k_proj`), numKvHeads, `${at}.k_norm`),
      heads(linear(recorder, x, `${at}.v_proj`), numKvHeads, undefined),
    ];
    const { rope, window } = layer;
    const table = rope && once(JSON.stringify(rope), () => eagerRotation(recorder, positionIds, rope));
    const turned = (head: Value): Value => (table === undefined ? head : rotated(recorder, head, table));
    const past = pastOf(recorder, index);
    const [keys, values] = [turned(key), value].map((fresh, i) => {
      const output = `present.${index}.${["key", "value"][i]}`;
      return tape.op("Concat", [past[i]!, fresh], { axis: 2 }, { output });
    });
    tape.output(`present.${index}.key`, keys!);
    tape.output(`present.${index}.value`, values!);
    const product = tape.op("MatMul", [turned(query), tape.op("Transpose", [repeated(keys!)], { perm: [0, 1, 3, 2] })]);
    const scaled = tape.op("Mul", [product, number(recorder, layer.scale)]);
    const capped =
      layer.softcap === 0
        ? scaled
        : tape.op("Mul", [
            tape.op("Tanh", [tape.op("Div", [scaled, number(recorder, layer.softcap)])]),
            number(recorder, layer.softcap),
          ]);
    const hidden = once(`mask ${window}`, () => eagerMask(recorder, mask, ids, window));
    const shares = tape.op("Softmax", [tape.op("Add", [capped, hidden])], { axis: -1 });
    const attended = transposed(tape.op("MatMul", [shares, repeated(values!)]));
    return reshape(recorder, attended, 0, 0, numHeads * headDim);
  };
};

/** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))) / 2, or x sigmoid(x). */
const activated = (recorder: Recorder, x: Value): Value => {
  const { tape } = recorder;
  if (!isGemma(recorder)) return tape.op("Mul", [x, tape.op("Sigmoid", [x])]);
  const cubed = tape.op("Mul", [tape.op("Pow", [x, number(recorder, 3)]), number(recorder, 0.044715)]);
  const inner = tape.op("Mul", [tape.op("Add", [x, cubed]), number(recorder, Math.sqrt(2 / Math.PI))]);
  const gate = tape.op("Add", [tape.op("Tanh", [inner]), number(recorder, 1)]);
  return tape.op("Mul", [tape.op("Mul", [x, number(recorder, 0.5)]), gate]);
};

const feedForward = (recorder: Recorder, x: Value, at: string): Value => {
  const gate = activated(recorder, linear(recorder, x, `${at}.gate_proj`));
  const up = linear(recorder, x, `${at}.up_proj`);
  return linear(recorder, recorder.tape.op("Mul", [gate, up]), `${at}.down_proj`);
};

const record = (recorder: Recorder, form: LayeredForm): void => {
  const { tape, config, weights } = recorder;
  const norm: Norm = form === "eager" ? norms.eager : norms.genai;
  const ids = tape.input("input_ids", "int64", ["batch_size", "sequence_length"]);
  const mask = tape.input("attention_mask", "int64", ["batch_size", "total_sequence_length"]);
  const attention = form === "eager" ? eagerAttention(recorder, mask, ids) : genaiAttention(recorder, mask, form);
  const table = weights.get("model.embed_tokens.weight")!;
  const looked = tape.op("Gather", [tape.constant("float32", table.dims, table.data), ids], { axis: 0 });
  let hidden = isGemma(recorder) ? tape.op("Mul", [looked, number(recorder, Math.sqrt(config.hidden_size))]) : looked;
  const around = weights.has("model.layers.0.pre_feedforward_layernorm.weight");
  for (let index = 0; index < config.num_hidden_layers; index++) {
    const at = `model.layers.${index}`;
    const behind = (x: Value, name: string): Value => (around ? norm(recorder, x, `${at}.${name}`) : x);
    const layer = layerOf(config, index);
    const attended = attention({ recorder, x: norm(recorder, hidden, `${at}.input_layernorm`), index, layer });
    const projected = linear(recorder, attended, `${at}.self_attn.o_proj`);
    hidden = tape.op("Add", [hidden, behind(projected, "post_attention_layernorm")]);
    const before = around ? "pre_feedforward_layernorm" : "post_attention_layernorm";
    const fed = feedForward(recorder, norm(recorder, hidden, `${at}.${before}`), `${at}.mlp`);
    hidden = tape.op("Add", [hidden, behind(fed, "post_feedforward_layernorm")]);
  }
  const head = weights.has("lm_head.weight") ? "lm_head" : "model.embed_tokens";
  const logits = linear(recorder, norm(recorder, hidden, "model.norm"), head);
  const cap = config.final_logit_softcapping;
  const capped = (c: number): Value =>
    tape.op("Mul", [tape.op("Tanh", [tape.op("Div", [logits, number(recorder, c)])]), number(recorder, c)]);
  const dims: readonly Dim[] = ["batch_size", "sequence_length", config["vocab_size"] as number];
  tape.output("logits", { ...(typeof cap === "number" ? capped(cap) : logits), type: "float32", dims });
};

/** The bytes of model.onnx, with its weights inside. */
export const layeredExport = async (family: LayeredFamily, form: LayeredForm): Promise<Uint8Array> => {
  const checkpoint = await loadCheckpoint(await openFolder(new URL(`${family}/`, layeredFolder)));
  const weights = new Map<string, { readonly dims: readonly number[]; readonly data: Float32Array }>();
  for (const [name, dims] of Object.entries(checkpoint.decoder.tensors))
    weights.set(name, { dims, data: await readDense(checkpoint, name) });
  const tape = newTape("main_graph");
  record({ tape, config: layeredConfig(family), weights }, form);
  return encode(tape.model({ opset: 18, producer: form === "eager" ? "pytorch" : "onnxruntime-genai" }));
};
