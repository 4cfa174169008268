import { checkKeys } from "@ropewalk/check";
import { readRotation } from "@ropewalk/models";
import { headDimOf, jsonObject } from "../../config/config-files.ts";
import { throwInNameOf } from "../../errors.ts";
import { readMetadata } from "../../metadata/metadata.ts";
import type { FolderOptions } from "./extend-folder.ts";
import { findConfig, findModel, readModel } from "./read-source.ts";

const readTrainedContext = async (source: string, asked: string | undefined): Promise<number> => {
  const place = await findModel(source, asked);
  const config = await findConfig(source, place);
  const metadata = readMetadata(await readModel(source, place));
  if (metadata !== undefined) return metadata.trainedContext;
  const json = jsonObject("config.json", config.json);
  return readRotation(json, { headDim: headDimOf(json) }).trainedContext;
};

/**
 * The window in tokens that the export in a folder was trained on, also if it was extended before. An extension is chosen for it.
 *
 * @throws RangeError and TypeError when the model or its config.json is missing, or cannot be read
 */
export const trainedContextOf = async (options: Pick<FolderOptions, "model">, source: string): Promise<number> => {
  checkKeys("trainedContextOf", "options", options, { model: true });
  return readTrainedContext(source, options.model).catch((error: unknown) => throwInNameOf("trainedContextOf", error));
};
