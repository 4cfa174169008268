/** A checkpoint: its decoder, where each of its tensors lies, its tokenizer, its special tokens. */
import { check } from "@ropewalk/check";
import type { ContextExtension } from "@ropewalk/context-extension";
import type { Metadata } from "@ropewalk/gguf";
import type { Decoder, WeightSource } from "@ropewalk/decoder";
import type { Adapted } from "../adapter/with-adapters.ts";
import { readExtensionEntry, type TunedExtension } from "../tuned/extension-entry.ts";
import { loadGguf } from "../gguf/load-gguf.ts";
import { familyOf } from "../families/families.ts";
import { checkFolder, type CheckpointFile, type CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson } from "../folder/json-file.ts";
import { readBlockSize, storedNames } from "../quantize/stored-blocks.ts";
import { readModelTexts, type ModelTexts } from "../text/model-texts.ts";
import { readWeights, type WeightFile } from "./weight-files.ts";
import type { ComputedFile } from "./computed-files.ts";
import type { StoredEntry, StoredPlace } from "./stored-bytes.ts";
import { withStoredHead } from "./tied-head.ts";
import { headWeight } from "../config/unembedding.ts";
import { checkUnusedTensors } from "./check-unused-tensors.ts";
import { byName, checkIndex, namesOf } from "./weight-index.ts";
import { weightSource } from "./weight-source.ts";

export type Checkpoint = ModelTexts &
  WeightSource & {
    readonly kind: "checkpoint";
    readonly name: string;
    /** The folder that it was read from. */
    readonly folder: CheckpointFolder;
    readonly decoder: Decoder;
    /** The extension that it was tuned under, as config.json states it; {} where it states none. */
    readonly extension: () => ContextExtension;
    /** Every tensor of the files by name, also those that the decoder does not read. */
    readonly tensors: ReadonlyMap<string, StoredEntry>;
    /** The files that the tensors lie in. Those of a GGUF file's blocks are computed, and have to be held before they are run. */
    readonly files: readonly (CheckpointFile | ComputedFile)[];
    /** Where it was read from a GGUF file: what the file states, and the checkpoint as Hugging Face has it, dense and in the order of halves. */
    readonly gguf?: { readonly metadata: Metadata; readonly asCheckpoint: () => Promise<Checkpoint> };
    /** The adapters that `withAdapters` put beside its weights; absent where there are none. */
    readonly adapters?: Adapted;
    /** The extension and the window that these adapters were learned under. Then `extension` and the decoder's trainedContext are theirs. */
    readonly tuned?: TunedExtension;
  };

/** The same places, by the file names that backends know: in the hub's cache a file is named by its hash. */
const withBackendNames = ({ locate, locateBlocks }: WeightSource, files: readonly WeightFile[]): WeightSource => {
  const names = new Map(files.map(({ name, file }) => [name, file.external.file]));
  const named = <At extends StoredPlace>(place: At): At => ({ ...place, location: names.get(place.location)! });
  return {
    locate: (name) => named(locate(name)),
    locateBlocks: (name) => {
      const found = locateBlocks?.(name);
      return found && { ...found, elements: named(found.elements), scales: named(found.scales) };
    },
  };
};

/**
 * Reads a folder in the Hugging Face layout: config.json, model.safetensors or its shards and their index, and, where there are any,
 * generation_config.json and the tokenizer's files; or a GGUF file. Of the weights only the headers are read.
 *
 * @throws RangeError and TypeError naming the file, the key or tensor, the rule and the values
 */
export const loadCheckpoint = async (folder: CheckpointFolder): Promise<Checkpoint> => {
  checkFolder("loadCheckpoint", folder);
  if (folder.gguf !== undefined) return loadGguf(folder.gguf, folder);
  const json = await readJson(folder, "config.json");
  check(json !== undefined, `loadCheckpoint: ${folder.name} must have config.json`, json);
  const { config, extension } = readExtensionEntry("loadCheckpoint", json);
  const family = familyOf(config);
  const stated = family.read(config);
  const blockSize = readBlockSize(config);
  const mayRead = new Set([...storedNames(stated.tensors), ...storedNames({ [headWeight]: [] })]);
  const weights = await readWeights(folder, (name) => mayRead.has(name));
  const { decoder, tensors } = withStoredHead(family, config, { decoder: stated, tensors: byName(weights.entries) });
  const read = new Set(storedNames(decoder.tensors, tensors));
  checkIndex(weights, read);
  const { files } = weights;
  const source = withBackendNames(weightSource(decoder, tensors, blockSize), files);
  checkUnusedTensors(decoder, namesOf(weights), read);
  return {
    kind: "checkpoint",
    name: folder.name,
    folder,
    decoder,
    extension: () => extension,
    tensors,
    ...source,
    files: files.map(({ file }) => file),
    ...(await readModelTexts(folder, config, decoder.vocabSize)),
  };
};
