/** The files of an export in a folder, wherever the folder lies: its model, its data, and the rows of rotary tables in its data. */
import type { ModelProto } from "@ropewalk/graph";
import type { CheckpointFile, CheckpointFolder } from "@ropewalk/models";
import { check } from "../errors.ts";
import type { DataPlace } from "../graph/external-data.ts";
import { placesOfTables, type TableRows } from "../recognise/rotation/table-rows.ts";

/** The places where an export's model may lie in its folder. The first file that exists is the model. */
export const exportNames: readonly string[] = ["model.onnx", "onnx/model.onnx"];

export type ModelFile = {
  /** Its place in the folder. */
  readonly place: string;
  readonly file: CheckpointFile;
};

/** The model at a place, or at one of {@link exportNames}; undefined if there is none. */
export const findModelFile = async (
  folder: CheckpointFolder,
  place: string | undefined,
): Promise<ModelFile | undefined> => {
  for (const each of place === undefined ? exportNames : [place]) {
    const file = await folder.file(each);
    if (file) return { place: each, file };
  }
  return undefined;
};

/** The place of a data file, whose location is relative to the model. */
const placeBeside = (model: string, location: string): string => [...model.split("/").slice(0, -1), location].join("/");

/**
 * The data files of a model, by their locations.
 *
 * @throws RangeError when one is missing or too short
 */
export const openDataFiles = async (
  folder: CheckpointFolder,
  model: string,
  places: readonly DataPlace[],
): Promise<ReadonlyMap<string, CheckpointFile>> => {
  const opened = new Map<string, CheckpointFile>();
  for (const { tensor, location, end } of places) {
    const file = opened.get(location) ?? (await folder.file(placeBeside(model, location)));
    check(file !== undefined, `"${location}" must be there for tensor "${tensor}"`, "no such file");
    check(end <= file.source.size, `"${location}" must have ${end} bytes for tensor "${tensor}"`, file.source.size);
    opened.set(location, file);
  }
  return opened;
};

/** Rows of the rotary tables that lie in data files. Rows of a missing or short file are left out. */
export const readTableRows = async (
  folder: CheckpointFolder,
  model: string,
  proto: ModelProto,
): Promise<readonly TableRows[]> => {
  const rows: TableRows[] = [];
  for (const place of placesOfTables(proto)) {
    const file = await folder.file(placeBeside(model, place.location));
    const end = place.offset + place.length;
    if (file && end <= file.source.size) rows.push({ ...place, bytes: await file.source.read(place.offset, end) });
  }
  return rows;
};
