/** A checkpoint: its decoder, where each of its tensors lies, its tokenizer, its special tokens. */
import type { Decoder, WeightSource, WeightType } from "@ropewalk/decoder";
import { check } from "./check.ts";
import { familyOf } from "./families.ts";
import type { CheckpointFile, CheckpointFolder } from "./folder.ts";
import { readJson } from "./json-file.ts";
import type { TensorEntry, TensorType } from "./safetensors/tensor-entry.ts";
import { specialTokens, type SpecialTokens } from "./special-tokens.ts";
import { readWeights, type Weights } from "./weight-files.ts";

export type Checkpoint = SpecialTokens &
  WeightSource & {
    readonly name: string;
    readonly decoder: Decoder;
    /** Every tensor of the files by name, also those that the decoder does not read. */
    readonly tensors: ReadonlyMap<string, TensorEntry>;
    /** The files that the tensors lie in. */
    readonly files: readonly CheckpointFile[];
    /** The parsed tokenizer.json and tokenizer_config.json ({} where only the first is there); undefined without the first. */
    readonly tokenizer: { readonly tokenizer: unknown; readonly config: unknown } | undefined;
  };

/** The types that are computed with, as the file and as the graph name them. */
const weightTypes: Readonly<Partial<Record<TensorType, WeightType>>> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/** Every tensor that the decoder reads must be there, in its shape and a type that is computed with. */
const checkTensors = ({ files, tensors }: Weights, wanted: Decoder["tensors"]): void => {
  const searched = files.map(({ name }) => name).join(", ");
  for (const [name, dims] of Object.entries(wanted)) {
    const entry = tensors.get(name);
    check(entry !== undefined, `loadCheckpoint: ${searched} must have ${name}`, entry);
    const at = `loadCheckpoint: ${entry.file}: ${name} must be`;
    check(dims.join() === entry.dims.join(), `${at} [${dims.join(", ")}]`, entry.dims);
    check(entry.type in weightTypes, `${at} of type ${Object.keys(weightTypes).join(", ")}`, entry.type);
  }
};

/**
 * Reads a folder in the Hugging Face layout: config.json, model.safetensors or its shards and their index, and where they are
 * there
 * generation_config.json, tokenizer.json and tokenizer_config.json. Of the weights only the header is read.
 *
 * @throws RangeError and TypeError naming the file, the key or tensor, the rule and the values
 */
export const loadCheckpoint = async (folder: CheckpointFolder): Promise<Checkpoint> => {
  const config = await readJson(folder, "config.json");
  check(config !== undefined, `loadCheckpoint: ${folder.name} must have config.json`, config);
  const decoder = familyOf(config).read(config);
  const weights = await readWeights(folder);
  checkTensors(weights, decoder.tensors);
  const { files, tensors } = weights;
  const generation = await readJson(folder, "generation_config.json");
  const tokenizer = await readJson(folder, "tokenizer.json");
  const tokenizerConfig = (await readJson(folder, "tokenizer_config.json")) ?? {};
  return {
    name: folder.name,
    decoder,
    tensors,
    locate: (name) => {
      const { file, offset, length, type } = tensors.get(name)!;
      return { location: file, offset, length, type: weightTypes[type]! };
    },
    files: files.map(({ file }) => file),
    tokenizer: tokenizer === undefined ? undefined : { tokenizer, config: tokenizerConfig },
    ...specialTokens(config, generation, decoder.vocabSize),
  };
};
