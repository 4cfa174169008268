/** The tokens that end a text. */
import { tokenAt, tokensAt, type FileMetadata } from "./metadata-values.ts";
import { tokenTypes, type GgufVocabulary } from "./vocabulary.ts";

/**
 * Texts of tokens that end a turn or a text. Many files state one end alone, and their chat template writes another. llama.cpp too knows
 * these tokens by their texts.
 */
const endings = [
  "<|eot_id|>",
  "<|eom_id|>",
  "<|im_end|>",
  "<|end|>",
  "<end_of_turn>",
  "<|endoftext|>",
  "<|end_of_text|>",
];

/**
 * @param eos - the token of the key `eos_token_id`, or the usual one; undefined where there is none
 * @returns each token once, `eos` first
 */
export const readStopTokens = (
  metadata: FileMetadata,
  { tokens, types, ids }: GgufVocabulary,
  eos: number | undefined,
): readonly number[] => {
  const stated = [
    eos,
    ...tokensAt(metadata, "tokenizer.ggml.eos_token_ids", tokens.length),
    ...["eot", "eom"].map((name) => tokenAt(metadata, `tokenizer.ggml.${name}_token_id`, tokens.length)),
  ];
  const named = endings.map((text) => ids[text]).filter((id) => id !== undefined && types[id] === tokenTypes.control);
  return [...new Set([...stated, ...named])].filter((id) => id !== undefined);
};
