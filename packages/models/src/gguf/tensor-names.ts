/**
 * The names of tensors in GGUF files by the names that families read them by, those of Hugging Face checkpoints:
 *
 *     model.layers.3.self_attn.q_proj.weight   ->   blk.3.attn_q.weight
 */
const inLayers: Readonly<Record<string, string>> = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.qkv_proj": "attn_qkv",
  "self_attn.o_proj": "attn_output",
  "self_attn.dense": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.gate_up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
  "mlp.fc1": "ffn_up",
  "mlp.fc2": "ffn_down",
};

const outside: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  "model.final_layernorm": "output_norm",
  lm_head: "output",
};

/** The name in a file, of a tensor that a family reads by `name`. @param own - names of the architecture that differ, by the family's */
export const ggufName = (name: string, own: Readonly<Record<string, string>> = {}): string => {
  const [, layer, part, kind] = /^(?:model\.layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name)!;
  const known = layer === undefined ? outside[part!] : (own[part!] ?? inLayers[part!]);
  return `${layer === undefined ? "" : `blk.${layer}.`}${known ?? part}.${kind}`;
};

/** The name of the matrix that holds queries, keys and values, where a file has the one of them that `name` names in it; else undefined. */
export const fusedName = (name: string): string | undefined => {
  const fused = name.replace(/attn_[qkv]\.(weight|bias)$/, "attn_qkv.$1");
  return fused === name ? undefined : fused;
};
