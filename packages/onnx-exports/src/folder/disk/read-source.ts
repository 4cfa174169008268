/** Reads an export's folder on a disk: its model, its configs, rows of its rotary tables, and the sizes of its data files. */
import { open, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { decode, type ModelProto } from "@ropewalk/graph";
import { check, refuse } from "../../errors.ts";
import type { DataPlace } from "../../graph/external-data.ts";
import { exportNames } from "../export-files.ts";
import type { TablePlace, TableRows } from "../../recognise/rotation/table-rows.ts";
import { fileInside } from "./file-inside.ts";

/** The place of the model in the folder. */
export const findModel = async (source: string, asked: string | undefined): Promise<string> => {
  if (!(await stat(source).catch(() => undefined))?.isDirectory())
    return refuse(`source must be a folder, got "${source}"`);
  for (const name of asked === undefined ? exportNames : [asked])
    if (!relative(source, resolve(source, name)).startsWith("..") && (await fileInside(source, name)) !== undefined)
      return name;
  return refuse(`"${source}" must have a file ${asked ?? exportNames.join(" or ")}, got none`);
};

export const readModel = async (source: string, place: string): Promise<ModelProto> =>
  decode(await readFile((await fileInside(source, place))!));

/** Rows of rotary tables. Rows in a missing or short file are left out, since {@link findData} refuses such files. */
export const readTables = async (
  source: string,
  model: string,
  places: readonly TablePlace[],
): Promise<readonly TableRows[]> => {
  const rows: TableRows[] = [];
  for (const place of places) {
    const path = await fileInside(source, join(dirname(model), place.location));
    const file = path === undefined ? undefined : await open(path);
    try {
      const bytes = new Uint8Array(place.length);
      const read = await file?.read(bytes, 0, place.length, place.offset);
      if (read?.bytesRead === place.length) rows.push({ ...place, bytes });
    } finally {
      await file?.close();
    }
  }
  return rows;
};

const readJson = async (source: string, file: string): Promise<unknown> => {
  const path = await fileInside(source, file);
  if (path === undefined) return undefined;
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`"${join(source, file)}" must be JSON, got ${JSON.stringify(text.slice(0, 40))}`);
  }
};

type JsonFile = { readonly file: string; readonly json: unknown };

/** A JSON file beside the model or at the top of the folder: its place and content. */
export const findJson = async (source: string, model: string, name: string): Promise<JsonFile | undefined> => {
  for (const file of new Set([join(dirname(model), name), name])) {
    const json = await readJson(source, file);
    if (json !== undefined) return { file, json };
  }
  return undefined;
};

/** The config.json of a model that must have one. */
export const findConfig = async (source: string, model: string): Promise<JsonFile> =>
  (await findJson(source, model, "config.json")) ?? refuse(`"${source}" must have a config.json, got none`);

/**
 * The paths of the data files' contents, by the files' places in the folder.
 *
 * @throws RangeError when a file is missing or too short
 */
export const findData = async (
  source: string,
  model: string,
  places: readonly DataPlace[],
): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  for (const { tensor, location, end } of places) {
    const file = join(dirname(model), location);
    const path = found.get(file) ?? (await fileInside(source, file));
    const size = path && (await stat(path)).size;
    check(
      path !== undefined && Number(size) >= end,
      `the file "${location}" must have ${end} bytes for tensor "${tensor}"`,
      size === undefined ? "no such file" : `${size} bytes`,
    );
    found.set(file, path);
  }
  return found;
};
