/** An export as a model that `@ropewalk/generation` runs: what is known of it, and its graph under an extension. */
import { extensionOf, type ContextExtension } from "@ropewalk/context-extension";
import {
  attentionPathName,
  type AskedAttentions,
  type DecoderSizes,
  type ExtendedDecoder,
  type Operators,
} from "@ropewalk/decoder";
import { decode, encode, type ModelProto } from "@ropewalk/graph";
import {
  readJson,
  readModelTexts,
  type CheckpointFile,
  type CheckpointFolder,
  type ModelTexts,
} from "@ropewalk/models";
import { checkKeys } from "@ropewalk/check";
import { check, inNameOf, refuse, throwInNameOf } from "../errors.ts";
import { checkCache, putOnCache } from "../rewrite/for-generation/put-on-cache.ts";
import { jsonObject, type Json } from "../config/config-files.ts";
import { dataPlaces, renameDataFiles } from "../graph/external-data.ts";
import { inWords, readMetadata, type RopewalkMetadata } from "../metadata/metadata.ts";
import { exportFingerprint } from "./fingerprint.ts";
import { decoderSizesOf, readExport } from "../recognise/read-export.ts";
import { layoutIn } from "../metadata/cache-layout.ts";
import { placesOfTables, type TableRows } from "../recognise/rotation/table-rows.ts";
import type { AttentionMatch } from "../recognise/attention-match.ts";

export type ExportedDecoder = ModelTexts & {
  readonly kind: "export";
  readonly name: string;
  /** What it was read from. */
  readonly folder: CheckpointFolder;
  /** The window is the one it was trained on, also where it was extended before. */
  readonly decoder: DecoderSizes;
  /**
   * The extension that it was written with; `{}` for one that was not extended.
   *
   * @throws RangeError when its mapping was somebody's own, which cannot be made again
   */
  readonly extension: () => ContextExtension;
  /** Of the model's own file. */
  readonly modelBytes: number;
  /** The files beside the model that its weights lie in. */
  readonly files: readonly CheckpointFile[];
  /** What tells it from others: its graph, its sizes, and the weights beside it, of large ones stretches. Reads the weights' files. */
  readonly fingerprint: () => Promise<string>;
  /**
   * Checks that the model can be run under an extension. A graph depends on an extension only through its bands' kind, so a
   * graph at hand may serve another extension, but not every one.
   *
   * @throws RangeError that names the node, or when the model was written for generation with bands or a cache of another kind
   */
  readonly check: (extended: ExtendedDecoder) => void;
  /**
   * The encoded graph of a chunk under an extension; weights in files are named as the files are.
   *
   * @param options - `operators`: those that attention is recorded with, default "all"; the export's own nodes stay as they are.
   *   `attentions`: what is given out of the attention of some layers, default nothing
   * @throws RangeError as `check`, when the graph needs what a cache of generation's does not give, and when operators are
   *   plain, or attentions are asked for, and the model was written for generation
   */
  readonly graph: (extended: ExtendedDecoder, options?: ChunkOptions) => Uint8Array;
};

type ChunkOptions = {
  readonly operators?: Operators;
  readonly attentions?: AskedAttentions | undefined;
};

/** Where an export's model may lie in its folder, the first that is there. */
export const exportNames: readonly string[] = ["model.onnx", "onnx/model.onnx"];

const extensionIn = ({ extension, customMapping }: RopewalkMetadata): ContextExtension => {
  if (customMapping !== undefined)
    refuse(
      `an extended model must have a mapping that can be made again, or an extension be given, got ${customMapping}`,
    );
  return extensionOf(extension);
};

/** A layout's name without which keys its bands read. */
const kindsIn = (layout: string): string => layout.replaceAll(/( \d+)+/g, "");

const checkMadeFor = (chunk: NonNullable<RopewalkMetadata["chunk"]>, asked: ExtendedDecoder, words: string): void => {
  const { cache } = chunk;
  const [layout, own] = [layoutIn(chunk.layout), attentionPathName(asked)];
  if (kindsIn(layout) !== kindsIn(own))
    refuse(
      `a model that was written for generation must keep the kind of its bands (${words}: ${kindsIn(layout)}), got ` +
        `${asked.positions.name}: ${kindsIn(own)}; extend the export itself`,
    );
  if (layout !== own)
    refuse(
      `a model that was written for generation must give the keys that bands read in as many rotations (${words}: ${layout}), got ` +
        `${asked.positions.name}: ${own}; extend the export itself`,
    );
  if (cache !== asked.cache)
    refuse(`a model that was written for a cache in ${cache} must have one, got ${asked.cache}`);
};

const checkOperators = (operators: Operators): void => {
  if (operators !== "all")
    refuse(
      `a model that was written for generation must run where there are all operators, for it has If and Scan, got a backend with ` +
        `${operators} ones; load the export itself`,
    );
};

/** A graph that is written gives what it was written to give. */
const checkNoAttentions = (attentions: AskedAttentions | undefined): void => {
  if (attentions !== undefined)
    refuse(
      `a model that was written for generation must be run without attentions, which it does not give out, got ${attentions.what}; ` +
        "load the export itself",
    );
};

type Asked = Required<ChunkOptions> & { readonly extended: ExtendedDecoder };

type Sizes = { readonly decoder: DecoderSizes; readonly attentionMatches: readonly AttentionMatch[] };

/** A graph that was written for a cache runs as it is; any other is rewritten. Changes `proto`. */
const rewriteFor = (
  asked: Asked,
  proto: ModelProto,
  { metadata, attentionMatches }: { readonly metadata: RopewalkMetadata | undefined } & Pick<Sizes, "attentionMatches">,
): void => {
  if (metadata?.chunk) {
    checkOperators(asked.operators);
    checkNoAttentions(asked.attentions);
  } else putOnCache(asked, { proto, attentionMatches });
};

/** Rows of rotary tables that lie in files. */
const readTables = async (
  folder: CheckpointFolder,
  model: string,
  proto: ModelProto,
): Promise<readonly TableRows[]> => {
  const rows: TableRows[] = [];
  for (const place of placesOfTables(proto)) {
    const file = await folder.file(beside(model, place.location));
    const end = place.offset + place.length;
    if (file && end <= file.source.size) rows.push({ ...place, bytes: await file.source.read(place.offset, end) });
  }
  return rows;
};

type Found = {
  readonly config: Json;
  readonly metadata: RopewalkMetadata | undefined;
  readonly tables: readonly TableRows[];
};

const readSizes = ({ config, metadata, tables }: Found, proto: ModelProto): Sizes => {
  if (metadata?.chunk) return { decoder: metadata.chunk.decoder, attentionMatches: metadata.sites };
  const exported = readExport({ config, replace: true, tables }, proto);
  return { decoder: decoderSizesOf(exported), attentionMatches: exported.attentionMatches };
};

const beside = (model: string, location: string): string => [...model.split("/").slice(0, -1), location].join("/");

const openData = async (folder: CheckpointFolder, model: string, proto: ModelProto) => {
  const opened = new Map<string, CheckpointFile>();
  for (const { tensor, location, end } of dataPlaces(proto)) {
    const file = opened.get(location) ?? (await folder.file(beside(model, location)));
    check(file !== undefined, `"${location}" must be there for tensor "${tensor}"`, "no such file");
    check(end <= file.source.size, `"${location}" must have ${end} bytes for tensor "${tensor}"`, file.source.size);
    opened.set(location, file);
  }
  return opened;
};

const findModel = async (folder: CheckpointFolder, asked: string | undefined) => {
  for (const model of asked === undefined ? exportNames : [asked]) {
    const file = await folder.file(model);
    if (file) return { model, file };
  }
  return undefined;
};

const read = async (folder: CheckpointFolder, asked: string | undefined): Promise<ExportedDecoder | undefined> => {
  const found = await findModel(folder, asked);
  if (found === undefined) return undefined;
  const stated = await readJson(folder, "config.json");
  check(stated !== undefined, `${folder.name} must have config.json`, "none");
  const config = jsonObject("config.json", stated);
  const bytes = await found.file.source.read(0, found.file.source.size);
  const proto = decode(bytes);
  const metadata = readMetadata(proto);
  // Missing files are told before what they hold.
  const data = await openData(folder, found.model, proto);
  const tables = metadata === undefined ? await readTables(folder, found.model, proto) : [];
  const { decoder, attentionMatches } = readSizes({ config, metadata, tables }, proto);
  const names = new Map([...data].map(([location, { external }]) => [location, external.file]));
  const checkFits = (extended: ExtendedDecoder): void => {
    checkCache(extended);
    if (metadata?.chunk) checkMadeFor(metadata.chunk, extended, inWords(metadata));
  };
  return {
    kind: "export",
    name: folder.name,
    folder,
    decoder,
    extension: () => inNameOf("loadExport", () => (metadata ? extensionIn(metadata) : {})),
    modelBytes: bytes.length,
    files: [...data.values()],
    fingerprint: () => exportFingerprint(bytes, decoder, { places: dataPlaces(proto), files: data }),
    check: (extended) => inNameOf("loadExport", () => checkFits(extended)),
    graph: (extended, { operators = "all", attentions } = {}) =>
      inNameOf("loadExport", () => {
        checkFits(extended);
        // Decoded anew: rewriting changes it, and models of several extensions share what was read.
        const made = decode(bytes);
        rewriteFor({ extended, operators, attentions }, made, { metadata, attentionMatches });
        renameDataFiles(made, names);
        return encode(made);
      }),
    ...(await readModelTexts(folder, config, decoder.vocabSize)),
  };
};

/**
 * Reads an export's folder: config.json, the model, and where they are there generation_config.json and the tokenizer's files.
 *
 * @param options - `model`: the model's place in the folder; absent: `model.onnx`, or `onnx/model.onnx`
 * @returns undefined where there is no such model
 * @throws RangeError that names the node and what was not understood, or the file and what is wrong with it; TypeError
 */
export const loadExport = async (
  options: { readonly model?: string },
  folder: CheckpointFolder,
): Promise<ExportedDecoder | undefined> => {
  checkKeys("loadExport", "options", options, { model: true });
  return read(folder, options.model).catch((error: unknown) => throwInNameOf("loadExport", error));
};
