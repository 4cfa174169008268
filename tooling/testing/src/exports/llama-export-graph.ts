/**
 * A Llama as exports for transformers.js write it: GroupQueryAttention rotates, appends to the past and attends.
 *
 *     input_ids [b, s], attention_mask [b, t], num_logits_to_keep [], past_key_values.N.key|value [b, k, past, d]
 *     -> logits [b, kept, v], present.N.key|value [b, k, t, d]
 */
import { tape as newTape, typeCode, type ModelProto, type Tape, type Value } from "@ropewalk/graph";
import type { Decoder } from "@ropewalk/decoder";
import type { Stored } from "./llama-export-weights.ts";

const microsoft = { domain: "com.microsoft" };

type Weights = {
  readonly tensor: (tape: Tape, name: string) => Value;
  readonly product: (tape: Tape, name: string, x: Value) => Value;
};

const weightsOf = (stored: ReadonlyMap<string, Stored>): Weights => {
  const tensor = (tape: Tape, name: string): Value => {
    const { type, dims, place } = stored.get(name)!;
    return tape.external(name, type, dims, place);
  };
  return {
    tensor,
    product: (tape, name, x) => {
      const elements = stored.get(`${name}.elements`);
      if (elements === undefined) return tape.op("MatMul", [x, tensor(tape, name)]);
      const [out, blocks, blockBytes] = elements.dims as readonly [number, number, number];
      // Rows are whole blocks.
      const block = elements.blockSize!;
      return tape.op(
        "MatMulNBits",
        [x, tensor(tape, `${name}.elements`), tensor(tape, `${name}.scales`)],
        { N: out, K: block * blocks, bits: (8 * blockBytes) / block, block_size: block, accuracy_level: 4 },
        microsoft,
      );
    },
  };
};

/** What every layer's attention is told of the length: the last key's place [b, 1], and the tokens in all []. */
const lengths = (tape: Tape, mask: Value): { readonly lastKey: Value; readonly total: Value } => {
  const one = tape.constant("int64", [1], [1]);
  const int32 = { to: typeCode("int32") };
  const count = tape.op("ReduceSum", [mask, one], { keepdims: 1 });
  const width = tape.op("Gather", [tape.op("Shape", [mask]), tape.constant("int64", [], [1])], { axis: 0 });
  return {
    lastKey: tape.op("Cast", [tape.op("Sub", [count, one])], int32),
    total: tape.op("Cast", [width], int32),
  };
};

export const llamaOnnxGraph = (decoder: Decoder, stored: ReadonlyMap<string, Stored>, epsilon: number): ModelProto => {
  const { numLayers, numHeads, numKvHeads, headDim } = decoder;
  const whole = newTape("llama");
  const { tensor, product } = weightsOf(stored);
  const ids = whole.input("input_ids", "int64", ["batch_size", "sequence_length"]);
  const mask = whole.input("attention_mask", "int64", ["batch_size", "total_sequence_length"]);
  const kept = whole.input("num_logits_to_keep", "int64", []);
  const { lastKey, total } = lengths(whole, mask);
  const [cos, sin] = [tensor(whole, "cos_cache"), tensor(whole, "sin_cache")];
  const norm = (tape: Tape, name: string, x: Value): Value =>
    tape.op("SimplifiedLayerNormalization", [x, tensor(tape, name)], { axis: -1, epsilon: { float: epsilon } });

  let hidden = whole.op("Gather", [tensor(whole, decoder.embedding), ids], { axis: 0 });
  for (let index = 0; index < numLayers; index++) {
    const tape = whole.scope(`layers.${index}`);
    const of = (part: string): string => `model.layers.${index}.${part}.weight`;
    const past = ["key", "value"].map((which) =>
      whole.input(`past_key_values.${index}.${which}`, "float32", [
        "batch_size",
        numKvHeads,
        "past_sequence_length",
        headDim,
      ]),
    );
    const normed = norm(tape, of("input_layernorm"), hidden);
    const inputs = ["q", "k", "v"].map((which) => product(tape, of(`self_attn.${which}_proj`), normed));
    const [attended, keys, values] = tape.ops(
      "GroupQueryAttention",
      3,
      [...inputs, ...past, lastKey, total, cos, sin],
      { num_heads: numHeads, kv_num_heads: numKvHeads, do_rotary: 1, rotary_interleaved: 0, local_window_size: -1 },
      microsoft,
    );
    whole.output(`present.${index}.key`, keys!);
    whole.output(`present.${index}.value`, values!);
    const middle = tape.op("Add", [hidden, product(tape, of("self_attn.o_proj"), attended!)]);
    const middleNormed = norm(tape, of("post_attention_layernorm"), middle);
    const gate = product(tape, of("mlp.gate_proj"), middleNormed);
    const gated = tape.op("Mul", [
      tape.op("Mul", [gate, tape.op("Sigmoid", [gate])]),
      product(tape, of("mlp.up_proj"), middleNormed),
    ]);
    hidden = tape.op("Add", [middle, product(tape, of("mlp.down_proj"), gated)]);
  }
  const last = norm(whole, "model.norm.weight", hidden);
  // From the end; none asked means all, since -0 is 0.
  const start = whole.op("Reshape", [whole.op("Neg", [kept]), whole.constant("int64", [1], [1])]);
  const end = whole.constant("int64", [1], [2 ** 31 - 1]);
  const rows = whole.op("Slice", [last, start, end, whole.constant("int64", [1], [1])]);
  whole.output("logits", product(whole, decoder.unembedding, rows));
  return whole.model();
};
