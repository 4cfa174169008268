/** Refuses what a file states of its tokenizer and this reader does not do, so that nothing is ignored silently. */
import { check } from "@ropewalk/check";
import type { FileMetadata } from "./metadata-values.ts";

/** Keys that are read, and keys that change neither ids nor text. */
const known =
  /^tokenizer\.(?:ggml\.(?:model|pre|tokens|scores|token_type|token_type_count|merges|add_bos_token|add_eos_token|add_space_prefix|suppress_tokens|\w+_token_ids?)|chat_templates?|chat_template\.[^.]+|huggingface\.json)$/;

/** Keys that change ids or text, and may only say that they do not. */
const mustBeFalse = /^tokenizer\.ggml\.(?:add_sep_token|remove_extra_whitespaces|normalizer\.\w+)$/;

/** @throws RangeError naming the key, the rule and the value */
export const checkTokenizerKeys = (metadata: FileMetadata): void => {
  for (const [key, value] of metadata.values) {
    if (!key.startsWith("tokenizer.")) continue;
    if (mustBeFalse.test(key)) check(value === false, `${metadata.at}: ${key} must be absent or false`, value);
    else check(known.test(key), `${metadata.at}: ${key} must be absent, as it may change ids and is not known`, value);
  }
};
