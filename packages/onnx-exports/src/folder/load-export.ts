/** An export as a model that `@ropewalk/generation` runs: its sizes, its texts, and its graph under an extension. */
import { checkKeys } from "@ropewalk/check";
import { extensionOf, type ContextExtension } from "@ropewalk/context-extension";
import type { AskedAttentions, DecoderSizes, ExtendedDecoder, Operators } from "@ropewalk/decoder";
import { decode, type ModelProto } from "@ropewalk/graph";
import {
  readJson,
  readModelTexts,
  type CheckpointFile,
  type CheckpointFolder,
  type ModelTexts,
} from "@ropewalk/models";
import { jsonObject, type Json } from "../config/config-files.ts";
import { check, inNameOf, refuse, throwInNameOf } from "../errors.ts";
import { dataPlaces, renameDataFiles } from "../graph/external-data.ts";
import { describeExtension, readMetadata, type RopewalkMetadata } from "../metadata/metadata.ts";
import { decoderSizesOf } from "../recognise/decoder-sizes.ts";
import { readExport } from "../recognise/read-export.ts";
import type { TableRows } from "../recognise/rotation/table-rows.ts";
import { checkCache } from "../rewrite/for-generation/check-cache.ts";
import { rewriteAsChunk } from "../rewrite/for-generation/rewrite-as-chunk.ts";
import { checkAllOperators, checkNoAttentions, checkSameGraph } from "./check-written-graph.ts";
import { findModelFile, openDataFiles, readTableRows } from "./export-files.ts";
import { exportFingerprint } from "./fingerprint.ts";

export type ExportedDecoder = ModelTexts & {
  readonly kind: "export";
  readonly name: string;
  /** The folder that it was read from. */
  readonly folder: CheckpointFolder;
  /** Its sizes. The window is the one that it was trained on, also if it was extended before. */
  readonly decoder: DecoderSizes;
  /**
   * The extension that it was written with; `{}` if it was not extended.
   *
   * @throws RangeError when it was written with a custom mapping, which cannot be made again
   */
  readonly extension: () => ContextExtension;
  /** How many bytes the model's own file has. */
  readonly modelBytes: number;
  /** The files beside the model that hold its weights. */
  readonly files: readonly CheckpointFile[];
  /**
   * A hash of its graph, its sizes and the weights beside it, of large weights in stretches. It tells the export from others. Reads
   * the files of weights.
   */
  readonly fingerprint: () => Promise<string>;
  /**
   * Checks that the model can be run under an extension. A graph depends on an extension only through the kind of its bands, so a
   * graph that was written for generation may serve another extension, but not every one.
   *
   * @throws RangeError that names the node, or when the model was written for generation with bands or a cache of another kind
   */
  readonly check: (extended: ExtendedDecoder) => void;
  /**
   * The graph of a chunk under an extension. Its data files have the names of `files`.
   *
   * @param options - `operators`: those that attention is recorded with, default "all"; the export's own nodes stay.
   *   `attentions`: the outputs of some layers' attention, default none
   * @throws RangeError as `check`; when the graph needs what generation's cache does not give; and if the model was written for
   *   generation, when operators are plain or attentions are asked for
   */
  readonly graph: (extended: ExtendedDecoder, options?: ChunkOptions) => ModelProto;
};

type ChunkOptions = {
  readonly operators?: Operators;
  readonly attentions?: AskedAttentions | undefined;
};

const extensionIn = ({ extension, customMapping }: RopewalkMetadata): ContextExtension => {
  if (customMapping !== undefined)
    refuse(
      `an extended model must have a mapping that can be made again, or an extension be given, got ${customMapping}`,
    );
  return extensionOf(extension);
};

type Rewriting = {
  readonly decoder: DecoderSizes;
  /** Checks that an extension can be put on the model. */
  readonly check: (extended: ExtendedDecoder) => void;
  /** The model for a chunk. */
  readonly rewrite: (extended: ExtendedDecoder, options: Required<ChunkOptions>) => ModelProto;
};

/** How a model that was written for generation is run: as it is. */
const asWritten = (metadata: RopewalkMetadata, model: ModelProto): Rewriting | undefined => {
  const { chunk } = metadata;
  return (
    chunk && {
      decoder: chunk.decoder,
      check: (extended) => {
        checkCache(extended);
        checkSameGraph(chunk, extended, describeExtension(metadata));
      },
      rewrite: (_, { operators, attentions }) => {
        checkAllOperators(operators);
        checkNoAttentions(attentions);
        return model;
      },
    }
  );
};

/** How an export is run, also one that was extended for any runtime: rewritten for each extension. */
const asExported = (config: Json, tables: readonly TableRows[], model: ModelProto): Rewriting => {
  const exported = readExport({ config, replace: true, tables }, model);
  const { view, attentionMatches } = exported;
  return {
    decoder: decoderSizesOf(exported),
    check: checkCache,
    rewrite: (extended, { operators, attentions }) =>
      rewriteAsChunk({ extended, attentionMatches, operators, attentions }, view),
  };
};

const read = async (folder: CheckpointFolder, place: string | undefined): Promise<ExportedDecoder | undefined> => {
  const found = await findModelFile(folder, place);
  if (found === undefined) return undefined;
  const stated = await readJson(folder, "config.json");
  check(stated !== undefined, `${folder.name} must have config.json`, "none");
  const config = jsonObject("config.json", stated);
  const bytes = await found.file.source.read(0, found.file.source.size);
  const model = decode(bytes);
  const metadata = readMetadata(model);
  // Errors about missing files come before errors about what the files hold.
  const places = dataPlaces(model);
  const dataFiles = await openDataFiles(folder, found.place, places);
  const tables = metadata === undefined ? await readTableRows(folder, found.place, model) : [];
  const rewriting = (metadata && asWritten(metadata, model)) ?? asExported(config, tables, model);
  const { decoder } = rewriting;
  const fileNames = new Map([...dataFiles].map(([location, { external }]) => [location, external.file]));
  return {
    kind: "export",
    name: folder.name,
    folder,
    decoder,
    extension: () => inNameOf("loadExport", () => (metadata ? extensionIn(metadata) : {})),
    modelBytes: bytes.length,
    files: [...dataFiles.values()],
    fingerprint: () => exportFingerprint(bytes, decoder, { places, files: dataFiles }),
    check: (extended) => inNameOf("loadExport", () => rewriting.check(extended)),
    graph: (extended, { operators = "all", attentions } = {}) =>
      inNameOf("loadExport", () => {
        rewriting.check(extended);
        return renameDataFiles(fileNames, rewriting.rewrite(extended, { operators, attentions }));
      }),
    ...(await readModelTexts(folder, config, decoder.vocabSize)),
  };
};

/**
 * Reads an export's folder: config.json, the model, and if they are there generation_config.json and the tokenizer's files.
 *
 * @param options - `model`: the model's place in the folder; absent: `model.onnx`, or `onnx/model.onnx`
 * @returns undefined if there is no such model
 * @throws RangeError that names the node and what was not understood, or the file and what is wrong with it; TypeError
 */
export const loadExport = async (
  options: { readonly model?: string },
  folder: CheckpointFolder,
): Promise<ExportedDecoder | undefined> => {
  checkKeys("loadExport", "options", options, { model: true });
  return read(folder, options.model).catch((error: unknown) => throwInNameOf("loadExport", error));
};
