/** Folders of exports on a disk. */
import { copyFile, link, mkdir, readFile, readdir, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { ContextExtension } from "@ropewalk/decoder";
import { decode } from "@ropewalk/graph";
import { readRotation } from "@ropewalk/models";
import { extendedTokenizerConfig, headDimOf, jsonObject } from "./config-files.ts";
import type { Attentions } from "./emit/weights.ts";
import { extendModel, type ExtendedExport } from "./extend-export.ts";
import { readMark } from "./metadata.ts";

export type FolderOptions = {
  readonly extension: ContextExtension;
  /** The model in the folder, relative to it. Absent: `model.onnx`, or `onnx/model.onnx` where there is none. */
  readonly model?: string;
  /** Whether a model that was extended before gets this extension in place of its own. Absent: it is refused. */
  readonly replace?: boolean;
  /** What of its attention the model gives out, as `extendExport` says. */
  readonly attentions?: Attentions;
};

export type ExtendedFolder = Pick<ExtendedExport, "capacity" | "trainedContext" | "numLayers" | "notices"> & {
  /** The files of the new folder, relative to it. */
  readonly files: readonly string[];
  /** Those of them that hold the model's weights. */
  readonly dataFiles: readonly string[];
  /** Those that are hard links to the source's: neither read nor copied. */
  readonly linked: readonly string[];
};

const fail = (rule: string, got: string): never => {
  throw new RangeError(`extendFolder: ${rule}, got ${got}`);
};

const sizeOf = async (path: string): Promise<number | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
};

const modelNames = ["model.onnx", join("onnx", "model.onnx")];

/** The model's place in the folder. */
const findModel = async (source: string, asked: string | undefined): Promise<string> => {
  if (!(await stat(source).catch(() => undefined))?.isDirectory())
    return fail("source must be a folder", `"${source}"`);
  for (const name of asked === undefined ? modelNames : [asked])
    if (!relative(source, resolve(source, name)).startsWith("..") && (await sizeOf(join(source, name))) !== undefined)
      return name;
  return fail(`"${source}" must have a file ${asked ?? modelNames.join(" or ")}`, "none");
};

const readJson = async (path: string): Promise<unknown> => {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return fail(`"${path}" must be JSON`, JSON.stringify(text.slice(0, 40)));
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
  if (asked === inside || asked.startsWith(inside + sep)) fail("target must lie outside of source", `"${target}"`);
  const present = await readdir(target).catch(() => []);
  if (present.length > 0) fail("target must be empty or absent", `"${target}" with ${present.length} files`);
};

/** Models and their data, of which a folder may have several precisions. */
const isModelFile = (file: string): boolean => /\.onnx$|\.onnx[._]data(_\d+)?$/.test(file);

/** Whatever else belongs to the export: tokenizer, generation settings, licence. */
const otherFiles = async (source: string, written: ReadonlySet<string>): Promise<readonly string[]> => {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)))
    .filter(
      (file) => !isModelFile(file) && !written.has(file) && !file.split(sep).some((part) => part.startsWith(".")),
    );
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

/**
 * The window in tokens that the export in a folder was trained on, also where it was extended before: what to choose an
 * extension for.
 *
 * @throws RangeError and TypeError when the model or its config.json is missing, or cannot be read
 */
export const trainedContextOf = async (
  { model: asked }: Pick<FolderOptions, "model">,
  source: string,
): Promise<number> => {
  const model = await findModel(source, asked);
  const config = await findJson(source, model, "config.json");
  if (config === undefined) return fail(`"${source}" must have a config.json`, "none");
  const mark = readMark(decode(await readFile(join(source, model))));
  if (mark !== undefined) return mark.trainedContext;
  const json = jsonObject("config.json", config.json);
  return readRotation(json, { headDim: headDimOf(json) }).trainedContext;
};

/**
 * Writes a folder with the extended model: model and configs anew, its data and the other files of the export hard-linked
 * where the disk allows it and copied where it does not. Models of other precisions stay behind.
 *
 * @param source - the export's folder
 * @param target - the folder to write, which must be empty or absent
 * @throws RangeError when a file is missing or too short, and as `extendExport`; nothing is written then
 */
export const extendFolder = async (options: FolderOptions, source: string, target: string): Promise<ExtendedFolder> => {
  const { model: asked, ...wanted } = options;
  const model = await findModel(source, asked);
  await checkTarget(source, target);
  const config = await findJson(source, model, "config.json");
  if (config === undefined) return fail(`"${source}" must have a config.json`, "none");
  const genai = await findJson(source, model, "genai_config.json");
  const tokenizer = await findJson(source, model, "tokenizer_config.json");
  const { places, ...extended } = extendModel(
    { ...wanted, config: config.json, genaiConfig: genai?.json },
    await readFile(join(source, model)),
  );
  for (const { tensor, location, end } of places) {
    const size = await sizeOf(join(source, dirname(model), location));
    if (size === undefined || size < end)
      fail(
        `the file "${location}" must have ${end} bytes for tensor "${tensor}"`,
        size === undefined ? "no such file" : `${size} bytes`,
      );
  }

  const written = new Map<string, string | Uint8Array>([
    [model, extended.model],
    [config.file, pretty(extended.config)],
    ...(genai ? [[genai.file, pretty(extended.genaiConfig)] as const] : []),
    ...(tokenizer ? [[tokenizer.file, tokenizerConfig(tokenizer.json, extended.capacity)] as const] : []),
  ]);
  const data = extended.dataFiles.map((location) => join(dirname(model), location));
  const carried = [...data, ...(await otherFiles(source, new Set([...written.keys(), ...data])))];
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
