/** What a model's folder says besides its weights and its sizes: how text becomes tokens, and which tokens begin and end it. */
import { checkFolder, type CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson } from "../folder/json-file.ts";
import { specialTokens, type SpecialTokens } from "./special-tokens.ts";
import { readTokenizerFiles, type TokenizerFiles } from "./tokenizer-files.ts";

export type ModelTexts = SpecialTokens & {
  /** Undefined where there is no tokenizer.json. */
  readonly tokenizer: TokenizerFiles | undefined;
  /** The parsed generation_config.json: how whoever trained the model has it sampled. Undefined where there is none. */
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
