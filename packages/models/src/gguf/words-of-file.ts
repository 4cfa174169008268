/**
 * A family reads what a GGUF file states as a config.json. What it refuses there is said in the words of the file, so that an error names the file
 * and a key that the file has:
 *
 *     llama.read: config.json: num_hidden_layers must be …   ->   loadGguf: m.gguf: llama.block_count must be …
 */
import type { ArchitectureKeys } from "./keys.ts";

/** The file's key by that of config.json. Of two, the first that the file states. */
const keysOfFile: Readonly<Record<string, readonly string[]>> = {
  hidden_size: ["embedding_length"],
  intermediate_size: ["feed_forward_length"],
  num_hidden_layers: ["block_count"],
  num_attention_heads: ["attention.head_count"],
  num_key_value_heads: ["attention.head_count_kv"],
  head_dim: ["attention.key_length"],
  max_position_embeddings: ["context_length"],
  rms_norm_eps: ["attention.layer_norm_rms_epsilon"],
  layer_norm_eps: ["attention.layer_norm_epsilon"],
  rope_theta: ["rope.freq_base"],
  rope_local_base_freq: ["rope.freq_base_swa"],
  factor: ["rope.scaling.factor", "rope.scale_linear"],
  attention_factor: ["rope.scaling.attn_factor", "rope.scaling.yarn_attn_factor"],
  beta_fast: ["rope.scaling.yarn_beta_fast"],
  beta_slow: ["rope.scaling.yarn_beta_slow"],
  original_max_position_embeddings: ["rope.scaling.original_context_length"],
  sliding_window: ["attention.sliding_window"],
  sliding_window_pattern: ["attention.sliding_window_pattern"],
  layer_types: ["attention.sliding_window_pattern"],
  attn_logit_softcapping: ["attn_logit_softcapping"],
  final_logit_softcapping: ["final_logit_softcapping"],
};

/** The sentence that says what must be, without the value. */
const retold = (keys: ArchitectureKeys, rule: string): string => {
  const words = rule.replace(/(?<![\w.])[a-z_]+(?![\w.])/g, (word) => {
    const names = Object.hasOwn(keysOfFile, word) ? keysOfFile[word]! : [];
    const name = names.find(keys.states) ?? names[0];
    return name === undefined ? word : keys.nameOf(name);
  });
  return words.replace(/^[\w.]+: config\.json(?:: rope_scaling)?/, keys.at);
};

/** The result of `read`. @throws what it throws, in the words of the file */
export const inWordsOfFile = <Value>(keys: ArchitectureKeys, read: () => Value): Value => {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError) || !cause.message.includes(": config.json"))
      throw cause;
    const [rule = "", ...got] = cause.message.split(/(?=, got )/);
    const words = `${retold(keys, rule)}${got.join("")}`;
    throw cause instanceof TypeError ? new TypeError(words, { cause }) : new RangeError(words, { cause });
  }
};
