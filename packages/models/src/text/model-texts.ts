/** What a model's folder says about text: its tokenizer, the tokens that begin and end a text, and how to sample. */
import { checkFolder, type CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson } from "../folder/json-file.ts";
import { specialTokens, type SpecialTokens } from "./special-tokens.ts";
import { readTokenizerFiles, type TokenizerFiles } from "./tokenizer-files.ts";

export type ModelTexts = SpecialTokens & {
  /** Undefined where there is no tokenizer.json. */
  readonly tokenizer: TokenizerFiles | undefined;
  /** The parsed generation_config.json: how the model's authors sample from it. Undefined where there is none. */
  readonly generationConfig?: Readonly<Record<string, unknown>> | undefined;
};

/**
 * @param config - the parsed config.json
 * @throws RangeError and TypeError naming the file, the key, the rule and the value
 */
export const readModelTexts = async (
  folder: CheckpointFolder,
  config: unknown,
  vocabSize: number,
): Promise<ModelTexts> => {
  checkFolder("readModelTexts", folder);
  const generation = await readJson(folder, "generation_config.json");
  return {
    tokenizer: await readTokenizerFiles(folder),
    ...specialTokens(config, generation, vocabSize),
    generationConfig: generation as ModelTexts["generationConfig"],
  };
};
