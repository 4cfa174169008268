/** Folders of exports on a disk. */
import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { decode } from "@ropewalk/graph";
import { readRotation } from "@ropewalk/models";
import { writeWhole, type NewFolder } from "@ropewalk/models/node";
import { checkKeys, type Keys } from "@ropewalk/check";
import { checkExtension } from "../../check-options.ts";
import { check, throwInNameOf } from "../../errors.ts";
import { extendedTokenizerConfig, headDimOf, jsonObject } from "../../config/config-files.ts";
import { extendModel, type ExtendedExport, type ExtendOptions } from "../../extend-export.ts";
import { companionsOf } from "./companions.ts";
import { findConfig, findData, findJson, findModel, readModel, readTables } from "./read-source.ts";
import { readMetadata } from "../../metadata/metadata.ts";
import { placesOfTables } from "../../recognise/rotation/table-rows.ts";

/** As `extendExport` takes them, but for the configs, which are read. */
export type FolderOptions = Omit<ExtendOptions, "config" | "genaiConfig" | "tables" | "file"> & {
  /** The model in the folder, relative to it. Absent: `model.onnx`, or `onnx/model.onnx` where there is none. */
  readonly model?: string;
  /**
   * Whether the new folder's weights are hard links to the source's, which takes no room and works on one disk alone. Programs that
   * refuse files with several names refuse both then. Absent: they are copied.
   */
  readonly link?: boolean;
};

const optionKeys: Keys<FolderOptions> = {
  ...{ extension: true, model: true, replace: true, link: true },
  ...{ runtime: true, cache: true, attentions: true, engines: true },
};

export type ExtendedFolder = Pick<ExtendedExport, "capacity" | "trainedContext" | "numLayers" | "notices"> & {
  /** The files of the new folder, relative to it. */
  readonly files: readonly string[];
  /** Those of them that hold the model's weights. */
  readonly dataFiles: readonly string[];
  /** Those that are hard links to the source's. */
  readonly linked: readonly string[];
};

/** A path behind its links, also where its end is not there yet. */
const behindLinks = (path: string): Promise<string> =>
  realpath(path).catch(async () =>
    dirname(path) === path ? path : join(await behindLinks(dirname(path)), basename(path)),
  );

const checkTarget = async (source: string, target: string): Promise<void> => {
  const [inside, asked] = [await behindLinks(resolve(source)), await behindLinks(resolve(target))];
  check(asked !== inside && !asked.startsWith(inside + sep), "target must lie outside of source", `"${target}"`);
  const present = await readdir(target).catch(() => []);
  check(present.length === 0, "target must be empty or absent", `"${target}" with ${present.length} files`);
};

const pretty = (json: unknown): string => `${JSON.stringify(json, undefined, 2)}\n`;

const tokenizerConfig = (json: unknown, capacity: number): string =>
  pretty(extendedTokenizerConfig(jsonObject("tokenizer_config.json", json), { capacity }));

const readTrainedContext = async (source: string, asked: string | undefined): Promise<number> => {
  const model = await findModel(source, asked);
  const config = await findConfig(source, model);
  const metadata = readMetadata(decode(await readModel(source, model)));
  if (metadata !== undefined) return metadata.trainedContext;
  const json = jsonObject("config.json", config.json);
  return readRotation(json, { headDim: headDimOf(json) }).trainedContext;
};

/**
 * The window in tokens that the export in a folder was trained on, also where it was extended before: what to choose an
 * extension for.
 *
 * @throws RangeError and TypeError when the model or its config.json is missing, or cannot be read
 */
export const trainedContextOf = async (options: Pick<FolderOptions, "model">, source: string): Promise<number> => {
  checkKeys("trainedContextOf", "options", options, { model: true });
  return readTrainedContext(source, options.model).catch((error: unknown) => throwInNameOf("trainedContextOf", error));
};

/** Weights first and config.json last. */
const fill = async (
  { write, copy, link }: NewFolder,
  data: { readonly files: ReadonlyMap<string, string>; readonly asLinks: boolean },
  companions: ReadonlyMap<string, string>,
  written: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> => {
  for (const [file, path] of data.files) await (data.asLinks ? link : copy)(path, file);
  for (const [file, path] of companions) await copy(path, file);
  for (const [file, content] of written)
    await write(file, [typeof content === "string" ? new TextEncoder().encode(content) : content]);
};

const linkNotice = (files: readonly string[]): string =>
  `${files.join(", ")} ${files.length === 1 ? "is a hard link" : "are hard links"} to the source's: what writes to one changes ` +
  "both, and ONNX's own checker and onnx.load refuse both";

const write = async (options: FolderOptions, source: string, target: string): Promise<ExtendedFolder> => {
  const { model: asked, link: asLinks = false, ...wanted } = options;
  check(typeof asLinks === "boolean", "link must be true or false", String(asLinks));
  const model = await findModel(source, asked);
  await checkTarget(source, target);
  const config = await findConfig(source, model);
  const genai = await findJson(source, model, "genai_config.json");
  const tokenizer = await findJson(source, model, "tokenizer_config.json");
  const bytes = await readModel(source, model);
  const tables = await readTables(source, model, placesOfTables(decode(bytes)));
  const { places, genaiConfig, engineFiles, ...extended } = extendModel(
    { ...wanted, config: config.json, genaiConfig: genai?.json, tables, file: model },
    bytes,
  );
  const data = await findData(source, model, places);

  const written = new Map<string, string | Uint8Array>([
    [model, extended.model],
    ...(genai && genaiConfig ? [[genai.file, pretty(genaiConfig)] as const] : []),
    ...(tokenizer ? [[tokenizer.file, tokenizerConfig(tokenizer.json, extended.capacity)] as const] : []),
    ...Object.entries(engineFiles),
    [config.file, pretty(extended.config)],
  ]);
  const companions = await companionsOf(
    source,
    new Set([...written.keys(), ...data.keys(), ...(genai ? [genai.file] : [])]),
  );
  await writeWhole("extendFolder", target, (folder) =>
    fill(folder, { files: data, asLinks }, companions.files, written),
  );

  const { capacity, trainedContext, numLayers } = extended;
  const dataFiles = [...data.keys()];
  const linked = asLinks ? dataFiles : [];
  const notices = [...extended.notices, ...companions.notices, ...(linked.length === 0 ? [] : [linkNotice(linked)])];
  const files = [...written.keys(), ...dataFiles, ...companions.files.keys()];
  return { files, dataFiles, linked, capacity, trainedContext, numLayers, notices };
};

/**
 * Writes a folder with the extended model: model and configs anew, its data and the other files of the export copied, sharing
 * their blocks until one is changed where the disk can do that. The folder is there when all of it is. Models of other precisions
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
  return write(options, source, target).catch((error: unknown) => throwInNameOf("extendFolder", error));
};
