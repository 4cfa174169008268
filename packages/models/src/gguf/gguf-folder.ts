/** A GGUF file as the folder that a checkpoint has: what its metadata says as config.json, generation_config.json and the tokenizer's files. */
import { inMemoryFile, type CheckpointFolder } from "../folder/checkpoint-folder.ts";
import type { ModelTexts } from "../text/model-texts.ts";
import { withMerges } from "./tokenizer/merges-of-scores.ts";

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const ends = ({ bosToken, stopTokens }: ModelTexts): object => ({
  ...(bosToken !== undefined && { bos_token_id: bosToken }),
  ...(stopTokens.length > 0 && { eos_token_id: stopTokens.length === 1 ? stopTokens[0] : stopTokens }),
});

/** Its weights are not among the files. */
export const ggufFolder = (name: string, config: object, texts: ModelTexts): CheckpointFolder => {
  const { tokenizer, generationConfig } = texts;
  // Made when they are asked for: a tokenizer has megabytes.
  const files: Readonly<Record<string, () => string | undefined>> = {
    "config.json": () => json(config),
    "generation_config.json": () => json({ ...generationConfig, ...ends(texts) }),
    "tokenizer.json": () => tokenizer && JSON.stringify(withMerges(tokenizer.tokenizer)),
    "tokenizer_config.json": () => tokenizer && json(tokenizer.config),
    "chat_template.jinja": () => tokenizer?.chatTemplate,
  };
  return {
    name,
    file: async (file) => {
      const text = Object.hasOwn(files, file) ? files[file]!() : undefined;
      return text === undefined ? undefined : inMemoryFile(file, new TextEncoder().encode(text));
    },
  };
};
