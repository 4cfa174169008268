/** The tokens that begin and end a text, as a GGUF file states them. */
import { check } from "@ropewalk/check";
import type { Metadata } from "@ropewalk/gguf";
import type { ModelTexts } from "../text/model-texts.ts";

export const ggufTexts = (metadata: Metadata, vocabSize: number): ModelTexts => {
  const token = (name: "bos" | "eos"): number | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`;
    const stated = metadata.get(key);
    const isToken = Number.isInteger(stated) && (stated as number) >= 0 && (stated as number) < vocabSize;
    check(
      stated === undefined || isToken,
      `loadGguf: ${key} must be a token, an integer from 0 to ${vocabSize - 1}`,
      stated,
      "number",
    );
    return stated as number | undefined;
  };
  const eos = token("eos");
  return { tokenizer: undefined, bosToken: token("bos"), stopTokens: eos === undefined ? [] : [eos] };
};
