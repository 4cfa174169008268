/** Folders of exports on a disk. */
import { copyFile, link, mkdir, readFile, readdir, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { decode } from "@ropewalk/graph";
import { readRotation } from "@ropewalk/models";
import { check, refuse, throwAs } from "./check.ts";
import { extendedTokenizerConfig, headDimOf, jsonObject } from "./config-files.ts";
import { extendModel, type ExtendedExport, type ExtendOptions } from "./extend-export.ts";
import type { DataPlace } from "./external-data.ts";
import { exportNames } from "./load-export.ts";
import { readMark } from "./metadata.ts";

/** As `extendExport` takes them, but for the configs, which are read. */
export type FolderOptions = Omit<ExtendOptions, "config" | "genaiConfig"> & {
  /** The model in the folder, relative to it. Absent: `model.onnx`, or `onnx/model.onnx` where there is none. */
  readonly model?: string;
};

export type ExtendedFolder = Pick<ExtendedExport, "capacity" | "trainedContext" | "numLayers" | "notices"> & {
  /** The files of the new folder, relative to it. */
  readonly files: readonly string[];
  /** Those of them that hold the model's weights. */
  readonly dataFiles: readonly string[];
  /** Those that are hard links to the source's: neither read nor copied. */
  readonly linked: readonly string[];
};

const sizeOf = async (path: string): Promise<number | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
};

/** The model's place in the folder. */
const findModel = async (source: string, asked: string | undefined): Promise<string> => {
  if (!(await stat(source).catch(() => undefined))?.isDirectory())
    return refuse(`source must be a folder, got "${source}"`);
  for (const name of asked === undefined ? exportNames : [asked])
    if (!relative(source, resolve(source, name)).startsWith("..") && (await sizeOf(join(source, name))) !== undefined)
      return name;
  return refuse(`"${source}" must have a file ${asked ?? exportNames.join(" or ")}, got none`);
};

const readJson = async (path: string): Promise<unknown> => {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`"${path}" must be JSON, got ${JSON.stringify(text.slice(0, 40))}`);
  }
};

/** A JSON file beside the model, or at the top of the folder: its place and content. */
const findJson = async (
  source: string,
  model: string,
  name: string,
): Promise<{ readonly file: string; readonly json: unknown } | undefined> => {
  for (const file of new Set([join(dirname(model), name), name])) {
    const json = await readJson(join(source, file));
    if (json !== undefined) return { file, json };
  }
  return undefined;
};

const checkTarget = async (source: string, target: string): Promise<void> => {
  const [inside, asked] = [resolve(source), resolve(target)];
  check(asked !== inside && !asked.startsWith(inside + sep), "target must lie outside of source", `"${target}"`);
  const present = await readdir(target).catch(() => []);
  check(present.length === 0, "target must be empty or absent", `"${target}" with ${present.length} files`);
};

/** Models and their data, of which a folder may have several precisions. */
const isModelFile = (file: string): boolean => /\.onnx$|\.onnx[._]data(_\d+)?$/.test(file);

/** Whatever else belongs to the export: tokenizer, generation settings, licence. */
const otherFiles = async (source: string, known: ReadonlySet<string>): Promise<readonly string[]> => {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)))
    .filter((file) => !isModelFile(file) && !known.has(file) && !file.split(sep).some((part) => part.startsWith(".")));
};

/** The same bytes in another place: a hard link where the disk allows it. Tells whether it is one. */
const carry = async (source: string, target: string): Promise<boolean> => {
  await mkdir(dirname(target), { recursive: true });
  const real = await realpath(source);
  return link(real, target).then(
    () => true,
    () => copyFile(real, target).then(() => false),
  );
};

const pretty = (json: unknown): string => `${JSON.stringify(json, undefined, 2)}\n`;

const tokenizerConfig = (json: unknown, capacity: number): string =>
  pretty(extendedTokenizerConfig(jsonObject("tokenizer_config.json", json), { capacity }));

/** The config.json of a model that must have one. */
const findConfig = async (source: string, model: string) =>
  (await findJson(source, model, "config.json")) ?? refuse(`"${source}" must have a config.json, got none`);

const readTrainedContext = async (source: string, asked: string | undefined): Promise<number> => {
  const model = await findModel(source, asked);
  const config = await findConfig(source, model);
  const mark = readMark(decode(await readFile(join(source, model))));
  if (mark !== undefined) return mark.trainedContext;
  const json = jsonObject("config.json", config.json);
  return readRotation(json, { headDim: headDimOf(json) }).trainedContext;
};

/**
 * The window in tokens that the export in a folder was trained on, also where it was extended before: what to choose an
 * extension for.
 *
 * @throws RangeError and TypeError when the model or its config.json is missing, or cannot be read
 */
export const trainedContextOf = ({ model }: Pick<FolderOptions, "model">, source: string): Promise<number> =>
  readTrainedContext(source, model).catch((error: unknown) => throwAs("trainedContextOf", error));

const checkData = async (folder: string, places: readonly DataPlace[]): Promise<void> => {
  for (const { tensor, location, end } of places) {
    const size = await sizeOf(join(folder, location));
    check(
      size !== undefined && size >= end,
      `the file "${location}" must have ${end} bytes for tensor "${tensor}"`,
      size === undefined ? "no such file" : `${size} bytes`,
    );
  }
};

const write = async (options: FolderOptions, source: string, target: string): Promise<ExtendedFolder> => {
  const { model: asked, ...wanted } = options;
  const model = await findModel(source, asked);
  await checkTarget(source, target);
  const config = await findConfig(source, model);
  const genai = await findJson(source, model, "genai_config.json");
  const tokenizer = await findJson(source, model, "tokenizer_config.json");
  const { places, genaiConfig, ...extended } = extendModel(
    { ...wanted, config: config.json, genaiConfig: genai?.json },
    await readFile(join(source, model)),
  );
  await checkData(join(source, dirname(model)), places);

  const written = new Map<string, string | Uint8Array>([
    [model, extended.model],
    [config.file, pretty(extended.config)],
    ...(genai && genaiConfig ? [[genai.file, pretty(genaiConfig)] as const] : []),
    ...(tokenizer ? [[tokenizer.file, tokenizerConfig(tokenizer.json, extended.capacity)] as const] : []),
  ]);
  const data = extended.dataFiles.map((location) => join(dirname(model), location));
  const known = new Set([...written.keys(), ...data, ...(genai ? [genai.file] : [])]);
  const carried = [...data, ...(await otherFiles(source, known))];
  for (const [file, content] of written) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await writeFile(join(target, file), content);
  }
  const linked: string[] = [];
  for (const file of carried) if (await carry(join(source, file), join(target, file))) linked.push(file);
  const { capacity, trainedContext, numLayers, notices } = extended;
  const files = [...written.keys(), ...carried];
  return { files, dataFiles: data, linked, capacity, trainedContext, numLayers, notices };
};

/**
 * Writes a folder with the extended model: model and configs anew, its data and the other files of the export hard-linked
 * where the disk allows it and copied where it does not. Models of other precisions stay behind.
 *
 * @param source - the export's folder
 * @param target - the folder to write, which must be empty or absent
 * @throws RangeError when a file is missing or too short, and as `extendExport`; nothing is written then
 */
export const extendFolder = (options: FolderOptions, source: string, target: string): Promise<ExtendedFolder> =>
  write(options, source, target).catch((error: unknown) => throwAs("extendFolder", error));
