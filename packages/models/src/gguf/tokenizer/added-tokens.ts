/** Tokens that are cut out of a text before the rest is merged, as tokenizer.json lists them. */
import type { FileMetadata } from "./metadata-values.ts";
import { tokenTypes, type GgufVocabulary } from "./vocabulary.ts";

const { control, unknown, userDefined } = tokenTypes;
const added: ReadonlySet<number | undefined> = new Set([control, unknown, userDefined]);

/**
 * Added tokens that keep the white space behind them, where all others take it away. GGUF has no field for this: it follows from the architecture
 * and the kind of tokenizer.
 */
const keepSpaceBehind: ReadonlyMap<string, readonly string[]> = new Map([
  ["phi3 llama", ["<unk>", "<s>", "<|endoftext|>"]],
]);

/** Those of type control and unknown are special: they have no text. */
export const addedTokens = (metadata: FileMetadata, { tokens, types, ids }: GgufVocabulary): readonly object[] => {
  const keep = keepSpaceBehind.get(
    `${String(metadata.values.get("general.architecture"))} ${String(metadata.values.get("tokenizer.ggml.model"))}`,
  );
  return tokens.flatMap((content, id) => {
    if (!added.has(types[id]) || ids[content] !== id) return [];
    const special = types[id] !== userDefined;
    const rstrip = keep !== undefined && !keep.includes(content);
    return [{ id, content, single_word: false, lstrip: false, rstrip, normalized: false, special }];
  });
};
