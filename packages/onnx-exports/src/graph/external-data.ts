/** The files beside a model that hold its weights. Their places are checked here, and their bytes are read elsewhere. */
import { show, showName } from "@ropewalk/check";
import { mapTensors, tensorsIn, type ModelProto, type TensorProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { checkNoHiddenData } from "./hidden-data.ts";
import { isExternal } from "./is-external.ts";

/** The stretch of a file that holds a tensor, in bytes. If the model does not state its length, `end` is `offset`. */
export type DataPlace = {
  readonly tensor: string;
  readonly location: string;
  readonly offset: number;
  readonly end: number;
};

/** Whether a place is inside the model's folder: relative, and never up. */
const isInside = (location: string): boolean =>
  location !== "" &&
  !/^[/\\]|^[A-Za-z]:|\0/.test(location) &&
  !location.split(/[/\\]/).some((part) => part === ".." || part === "");

/** Whether a place is that of a model or a JSON file, which are read and written as such. */
const isModelOrJson = (location: string): boolean => /\.(onnx|json)$/i.test(location);

const bytes = (tensor: TensorProto, key: string): number => {
  const text = tensor.externalData.find((entry) => entry.key === key)?.value;
  const value = text === undefined ? 0 : Number(text);
  if (!(Number.isSafeInteger(value) && value >= 0))
    refuse(`tensor "${showName(tensor.name)}": ${key} must be an integer of at least 0, got ${show(text)}`);
  return value;
};

/**
 * The file that holds a tensor's elements, and where they begin.
 *
 * @throws RangeError when the file is outside of the model's folder, or is a model or a JSON file
 */
export const fileOf = (tensor: TensorProto): { readonly location: string; readonly offset: number } => {
  const location = tensor.externalData.find(({ key }) => key === "location")?.value ?? "";
  const at = `tensor "${showName(tensor.name)}"`;
  const got = showName(location);
  if (!isInside(location)) refuse(`${at} must lie in a file inside the model's folder, got "${got}"`);
  if (isModelOrJson(location))
    refuse(`${at} must lie in a file of its own, not in a model or its settings, got "${got}"`);
  return { location, offset: bytes(tensor, "offset") };
};

/**
 * The place of every tensor in a file.
 *
 * @throws RangeError when a file is outside of the model's folder, or is a model or a JSON file, and when a tensor of another kind than
 *   those of the graph lies in a file, or may do so
 */
export const dataPlaces = (model: ModelProto): readonly DataPlace[] => {
  checkNoHiddenData(model);
  return tensorsIn(model.graph!)
    .filter(isExternal)
    .map((tensor) => {
      const { location, offset } = fileOf(tensor);
      return { tensor: tensor.name, location, offset, end: offset + bytes(tensor, "length") };
    });
};

const renameFile = (tensor: TensorProto, names: ReadonlyMap<string, string>): TensorProto => ({
  ...tensor,
  externalData: tensor.externalData.map((entry) =>
    entry.key === "location" ? { ...entry, value: names.get(entry.value) ?? entry.value } : entry,
  ),
});

/** The model with other names of its data files: each by its old name. */
export const renameDataFiles = (names: ReadonlyMap<string, string>, model: ModelProto): ModelProto => ({
  ...model,
  graph: mapTensors((tensor) => (isExternal(tensor) ? renameFile(tensor, names) : tensor), model.graph!),
});
