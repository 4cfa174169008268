/** Models of the shapes that Llama 3 has at these sizes, trained on 8,192 tokens. They are read from configs alone; there are no weights. */
import { selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import type { Decoder } from "@ropewalk/decoder";
import { llama } from "@ropewalk/models";
import { smallestGroupSize } from "@ropewalk/position-mapping";

const trainedContext = 8192;
export const lengths = [8192, 32_768, 131_072] as const;
export const window = 1024;

const read = (config: Readonly<Record<string, unknown>>): Decoder =>
  llama.read({
    model_type: "llama",
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 500_000,
    vocab_size: 128_256,
    max_position_embeddings: trainedContext,
    num_key_value_heads: 8,
    tie_word_embeddings: false,
    ...config,
  });

export const shapes: Readonly<Record<string, Decoder>> = {
  "1B": read({
    hidden_size: 2048,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    intermediate_size: 8192,
    tie_word_embeddings: true,
  }),
  "8B": read({ hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32, intermediate_size: 14_336 }),
  "70B": read({ hidden_size: 8192, num_hidden_layers: 80, num_attention_heads: 64, intermediate_size: 28_672 }),
};

export const methods = ["plain", "SelfExtend"] as const;

/** Plain, SelfExtend here, or SelfExtend in a portable export, whose cache is the export's own. */
export type Method = (typeof methods)[number] | "portable";

/** SelfExtend with the smallest groups that hold `length` tokens, of at least 2 tokens. */
export const extensionFor = (method: Method, length: number): ContextExtension => {
  if (method !== "SelfExtend") return {};
  const groupSize = Math.max(2, smallestGroupSize({ window, trainedContext, length })!);
  return selfExtend({ groupSize, window });
};
