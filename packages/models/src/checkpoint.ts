/** A checkpoint: its decoder, where each of its tensors lies, its tokenizer, its special tokens. */
import type { Decoder } from "@ropewalk/decoder";
import { check } from "./check.ts";
import { familyOf } from "./families.ts";
import type { CheckpointFile, CheckpointFolder } from "./folder.ts";
import { readJson } from "./json-file.ts";
import { readSafetensorsHeader } from "./safetensors/header.ts";
import type { TensorEntry, TensorType } from "./safetensors/tensor-entry.ts";
import { specialTokens, type SpecialTokens } from "./special-tokens.ts";

export type Checkpoint = SpecialTokens & {
  readonly name: string;
  readonly decoder: Decoder;
  /** Every tensor of the files by name, also those that the decoder does not read. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The files that the tensors lie in. */
  readonly files: readonly CheckpointFile[];
  /** The parsed tokenizer.json and tokenizer_config.json ({} where only the first is there); undefined without the first. */
  readonly tokenizer: { readonly tokenizer: unknown; readonly config: unknown } | undefined;
};

const supportedTypes: readonly TensorType[] = ["F32"];

type WeightFile = { readonly name: string; readonly file: CheckpointFile };

const weightFiles = async (folder: CheckpointFolder): Promise<readonly WeightFile[]> => {
  const name = "model.safetensors";
  const file = await folder.file(name);
  const index = file ? undefined : await folder.file(`${name}.index.json`);
  check(
    file !== undefined,
    `loadCheckpoint: ${folder.name} must have its weights in one file ${name}`,
    index && `${name}.index.json, which names several`,
  );
  return [{ name, file }];
};

/** Every tensor that the decoder reads must be there, in its shape and a type that is computed with. */
const checkTensors = (
  files: readonly WeightFile[],
  wanted: Decoder["tensors"],
  found: ReadonlyMap<string, TensorEntry>,
): void => {
  const searched = files.map(({ name }) => name).join(", ");
  for (const [name, dims] of Object.entries(wanted)) {
    const entry = found.get(name);
    check(entry !== undefined, `loadCheckpoint: ${searched} must have ${name}`, entry);
    const at = `loadCheckpoint: ${entry.file}: ${name} must be`;
    check(dims.join() === entry.dims.join(), `${at} [${dims.join(", ")}]`, entry.dims);
    check(supportedTypes.includes(entry.type), `${at} of type ${supportedTypes.join(" or ")}`, entry.type);
  }
};

/**
 * Reads a folder in the Hugging Face layout: config.json, model.safetensors, and where they are there
 * generation_config.json, tokenizer.json and tokenizer_config.json. Of the weights only the header is read.
 *
 * @throws RangeError and TypeError naming the file, the key or tensor, the rule and the values
 */
export const loadCheckpoint = async (folder: CheckpointFolder): Promise<Checkpoint> => {
  const config = await readJson(folder, "config.json");
  check(config !== undefined, `loadCheckpoint: ${folder.name} must have config.json`, config);
  const decoder = familyOf(config).read(config);
  const files = await weightFiles(folder);
  const headers = await Promise.all(files.map(({ name, file }) => readSafetensorsHeader(name, file.source)));
  const tensors = new Map(headers.flat().map((entry) => [entry.name, entry]));
  checkTensors(files, decoder.tensors, tensors);
  const generation = await readJson(folder, "generation_config.json");
  const tokenizer = await readJson(folder, "tokenizer.json");
  const tokenizerConfig = (await readJson(folder, "tokenizer_config.json")) ?? {};
  return {
    name: folder.name,
    decoder,
    tensors,
    files: files.map(({ file }) => file),
    tokenizer: tokenizer === undefined ? undefined : { tokenizer, config: tokenizerConfig },
    ...specialTokens(config, generation, decoder.vocabSize),
  };
};
