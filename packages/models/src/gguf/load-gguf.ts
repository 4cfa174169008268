/** A GGUF file as a checkpoint: its decoder, where each tensor lies, its tokenizer, its special tokens. */
import { check, checkKeys, checkOneOf } from "@ropewalk/check";
import { dequantize, readGguf, type Gguf } from "@ropewalk/gguf";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { CheckpointFile, CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { textsOfFile } from "./tokenizer/gguf-texts.ts";
import { factorNames, findTensors } from "./find-tensors.ts";
import { ggufConfig } from "./gguf-config.ts";
import { ggufFolder } from "./gguf-folder.ts";
import { withoutSuffix } from "./model-names.ts";
import { placesOf, placeTensor } from "./place-tensors.ts";
import type { FrequencyFactors } from "./rope-keys.ts";

export type GgufOptions = {
  /**
   * `stored`: matrices in blocks stay in blocks, and rows in the order of the file. `checkpoint`: as a Hugging Face checkpoint has them, in
   * float32 and in the order of halves. Default `stored`.
   */
  readonly form?: "stored" | "checkpoint";
};

/** The frequencies' factors, which are tensors of the file: small, and read at once. */
const readFactors = async (
  { tensors }: Gguf,
  files: ReadonlyMap<string, CheckpointFile>,
): Promise<FrequencyFactors> => {
  const read = async (name: string): Promise<Float32Array | undefined> => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return undefined;
    const { type, file, offset, length } = tensor;
    return dequantize(type, await files.get(file)!.source.read(offset, offset + length));
  };
  return { all: await read(factorNames.all), short: await read(factorNames.short), long: await read(factorNames.long) };
};

/** Opens the files of a model, and keeps them. */
const openAll = async (
  file: string,
  folder: CheckpointFolder,
): Promise<{ readonly gguf: Gguf; readonly files: ReadonlyMap<string, CheckpointFile> }> => {
  const files = new Map<string, CheckpointFile>();
  const gguf = await readGguf(file, async (name) => {
    const found = await folder.file(name);
    if (found !== undefined) files.set(name, found);
    return found?.source;
  });
  return { gguf, files };
};

/**
 * Reads a GGUF file, or all files of a model in several. Of the weights only the headers are read. Matrices in blocks, and what lies in memory,
 * are `ComputedFile`s, which `holdCheckpoint` puts into memory and `holdOnDisk` on a disk.
 *
 * @param file - the file's name in the folder; of a model in several files, that of any part
 * @throws RangeError and TypeError naming the file, the key or tensor, the rule and the values
 */
export const loadGguf = async (
  file: string,
  folder: CheckpointFolder,
  options: GgufOptions = {},
): Promise<Checkpoint> => {
  const { form = "stored" } = checkKeys<GgufOptions>("loadGguf", "options", options, { form: true });
  checkOneOf("loadGguf", "form", form, ["stored", "checkpoint"]);
  const at = `loadGguf: ${file}`;
  const { gguf, files } = await openAll(file, folder);
  const { architecture, read, config: stated } = ggufConfig(at, gguf, await readFactors(gguf, files));
  const { rope_interleave: interleaved, ...others } = stated;
  const config = form === "stored" && interleaved === true ? stated : others;
  const decoder = read(config);
  const found = findTensors(at, decoder, architecture, gguf);
  const dense = form === "checkpoint";
  const placed = found.map((tensor) =>
    placeTensor(
      {
        files,
        halvesOf: dense && interleaved === true ? decoder.headDim : undefined,
        normsPlusOne: architecture.normsPlusOne ?? false,
        dense,
        table: decoder.embedding,
      },
      tensor,
    ),
  );
  const texts = textsOfFile({ at, values: gguf.metadata }, decoder.vocabSize);
  check(placed.length > 0, `${at}: the file must have tensors`, placed.length);
  return {
    kind: "checkpoint",
    name: withoutSuffix(folder.name),
    folder: ggufFolder(file, config, texts),
    decoder,
    extension: () => ({}),
    tensors: new Map(placed.map(({ entry }) => [entry.name, entry])),
    ...placesOf(placed),
    files: [...new Set(placed.map((each) => each.file))],
    gguf: {
      metadata: gguf.metadata,
      asCheckpoint: () => loadGguf(file, folder, { form: "checkpoint" }),
    },
    ...texts,
  };
};
