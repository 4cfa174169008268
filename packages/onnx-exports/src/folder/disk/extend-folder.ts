/** Writes the folder of an extended export to a disk. */
import { checkKeys, checkPath, type Keys } from "@ropewalk/check";
import { join } from "node:path";
import { encode } from "@ropewalk/graph";
import { listFiles, watchFiles, writeWhole, type NewFolder } from "@ropewalk/models/node";
import { extendedTokenizerConfig, jsonObject } from "../../config/config-files.ts";
import { check, throwInNameOf } from "../../errors.ts";
import { checkExtension } from "../../extend/check-options.ts";
import type { ExtendedExport } from "../../extend/extend-export.ts";
import { extendModel } from "../../extend/extend-model.ts";
import type { ExtendOptions } from "../../extend/extend-options.ts";
import { placesOfTables } from "../../recognise/rotation/table-rows.ts";
import { checkTarget } from "./check-target.ts";
import { companionsOf } from "./companions.ts";
import { findConfig, findData, findJson, findModel, readModel, readTables } from "./read-source.ts";

/** The options of `extendExport`, without the configs, which are read from the folder. */
export type FolderOptions = Omit<ExtendOptions, "config" | "genaiConfig" | "tables" | "file"> & {
  /** The model in the folder, relative to it. Absent: `model.onnx`, or `onnx/model.onnx` if there is no `model.onnx`. */
  readonly model?: string;
  /**
   * Whether the new folder's weights are hard links to the source's. Links take no room, and work on one disk alone. Programs that
   * refuse files with several names refuse both folders then. Absent: weights are copied.
   */
  readonly link?: boolean;
};

const optionKeys: Keys<FolderOptions> = {
  extension: true,
  model: true,
  replace: true,
  link: true,
  runtime: true,
  cache: true,
  attentions: true,
  engines: true,
};

export type ExtendedFolder = Pick<ExtendedExport, "capacity" | "trainedContext" | "numLayers" | "notices"> & {
  /** The files of the new folder, relative to it. */
  readonly files: readonly string[];
  /** The files that hold the model's weights. */
  readonly dataFiles: readonly string[];
  /** The files that are hard links to the source's. */
  readonly linked: readonly string[];
};

const pretty = (json: unknown): string => `${JSON.stringify(json, undefined, 2)}\n`;

const tokenizerConfig = (json: unknown, capacity: number): string =>
  pretty(extendedTokenizerConfig(jsonObject("tokenizer_config.json", json), { capacity }));

type NewFiles = {
  /** The paths of the weights, which are copied or linked, by their places in the new folder. */
  readonly data: ReadonlyMap<string, string>;
  readonly asLinks: boolean;
  /** The paths of other files that are copied, by their places in the new folder. */
  readonly companions: ReadonlyMap<string, string>;
  /** The contents of new files. */
  readonly written: ReadonlyMap<string, string | Uint8Array>;
};

/** Weights come first and config.json last. */
const fillFolder = async (
  { write, copy, link }: NewFolder,
  { data, asLinks, companions, written }: NewFiles,
): Promise<void> => {
  for (const [file, path] of data) await (asLinks ? link : copy)(path, file);
  for (const [file, path] of companions) await copy(path, file);
  for (const [file, content] of written)
    await write(file, [typeof content === "string" ? new TextEncoder().encode(content) : content]);
};

const linkNotice = (files: readonly string[]): string =>
  `${files.join(", ")} ${files.length === 1 ? "is a hard link" : "are hard links"} to the source's: what writes to one changes ` +
  "both, and ONNX's own checker and onnx.load refuse both";

const writeFolder = async (options: FolderOptions, source: string, target: string): Promise<ExtendedFolder> => {
  const { model: asked, link: asLinks = false, ...modelOptions } = options;
  check(typeof asLinks === "boolean", "link must be true or false", String(asLinks));
  const place = await findModel(source, asked);
  await checkTarget(source, target);
  // Links among them are followed, so that a blob of the hub's cache is watched too.
  const { files: sources } = await listFiles("extendFolder", source);
  const checkUnchanged = await watchFiles(
    "extendFolder",
    sources.map((file) => join(source, file)),
  );
  const config = await findConfig(source, place);
  const genai = await findJson(source, place, "genai_config.json");
  const tokenizer = await findJson(source, place, "tokenizer_config.json");
  const model = await readModel(source, place);
  const tables = await readTables(source, place, placesOfTables(model));
  const extended = extendModel(
    { ...modelOptions, config: config.json, genaiConfig: genai?.json, tables, file: place },
    model,
  );
  const { genaiConfig, capacity, trainedContext, numLayers } = extended;
  const data = await findData(source, place, extended.places);

  const written = new Map<string, string | Uint8Array>([
    [place, encode(extended.model)],
    ...(genai && genaiConfig ? [[genai.file, pretty(genaiConfig)] as const] : []),
    ...(tokenizer ? [[tokenizer.file, tokenizerConfig(tokenizer.json, capacity)] as const] : []),
    ...Object.entries(extended.engineFiles),
    [config.file, pretty(extended.config)],
  ]);
  const known = new Set([...written.keys(), ...data.keys(), ...(genai ? [genai.file] : [])]);
  const companions = await companionsOf(source, known);
  await writeWhole("extendFolder", target, async (folder) => {
    await fillFolder(folder, { data, asLinks, companions: companions.files, written });
    await checkUnchanged();
  });

  const dataFiles = [...data.keys()];
  const linked = asLinks ? dataFiles : [];
  const notices = [...extended.notices, ...companions.notices, ...(linked.length === 0 ? [] : [linkNotice(linked)])];
  const files = [...written.keys(), ...dataFiles, ...companions.files.keys()];
  return { files, dataFiles, linked, capacity, trainedContext, numLayers, notices };
};

/**
 * Writes a folder with the extended model. Model and configs are new; its data and the other files of the export are copied, and
 * share their blocks with the originals if the disk can do that. The folder appears when it is complete. Models of other precisions
 * and formats stay behind.
 *
 * @param source - the export's folder
 * @param target - the folder to write, which must be empty or absent
 * @throws RangeError when a file is missing, too short or a link out of the folder, when another writes the target meanwhile, and
 *   as `extendExport`; nothing is written then
 */
export const extendFolder = async (options: FolderOptions, source: string, target: string): Promise<ExtendedFolder> => {
  checkKeys("extendFolder", "options", options, optionKeys);
  checkExtension("extendFolder", options.extension);
  checkPath("extendFolder", "source", source);
  checkPath("extendFolder", "target", target);
  return writeFolder(options, source, target).catch((error: unknown) => throwInNameOf("extendFolder", error));
};
