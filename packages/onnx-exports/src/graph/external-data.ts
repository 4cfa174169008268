/** Files that hold a model's weights. Their places are checked; what is read of them is asked for elsewhere. */
import { show, showName } from "@ropewalk/check";
import type { GraphProto, ModelProto, TensorProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";

/** A stretch of a file that a tensor lies in, in bytes; one whose length the model does not say has none. */
export type DataPlace = {
  readonly tensor: string;
  readonly location: string;
  readonly offset: number;
  readonly end: number;
};

const external = 1;

const tensorsOf = (graph: GraphProto): readonly TensorProto[] => [
  ...graph.initializer,
  ...graph.node.flatMap(({ attribute }) =>
    attribute.flatMap(({ t, tensors, g, graphs }) => [
      ...(t ? [t] : []),
      ...tensors,
      ...(g ? [g, ...graphs] : graphs).flatMap(tensorsOf),
    ]),
  ),
];

/** Whether a place is inside the model's folder: relative, and never up. */
const isInside = (location: string): boolean =>
  location !== "" &&
  !/^[/\\]|^[A-Za-z]:|\0/.test(location) &&
  !location.split(/[/\\]/).some((part) => part === ".." || part === "");

/** Whether a place is one that a model or its settings lie in, which are read and written as such. */
const isTaken = (location: string): boolean => /\.(onnx|json)$/i.test(location);

const bytes = (tensor: TensorProto, key: string): number => {
  const text = tensor.externalData.find((entry) => entry.key === key)?.value;
  const value = text === undefined ? 0 : Number(text);
  if (!(Number.isSafeInteger(value) && value >= 0))
    refuse(`tensor "${showName(tensor.name)}": ${key} must be an integer of at least 0, got ${show(text)}`);
  return value;
};

/**
 * The file that a tensor's elements lie in, and where they begin.
 *
 * @throws RangeError when it is out of the folder of the model, or is a model or a JSON file
 */
export const fileOf = (tensor: TensorProto): { readonly location: string; readonly offset: number } => {
  const location = tensor.externalData.find(({ key }) => key === "location")?.value ?? "";
  const at = `tensor "${showName(tensor.name)}"`;
  const got = showName(location);
  if (!isInside(location)) refuse(`${at} must lie in a file inside the model's folder, got "${got}"`);
  if (isTaken(location)) refuse(`${at} must lie in a file of its own, not in a model or its settings, got "${got}"`);
  return { location, offset: bytes(tensor, "offset") };
};

/**
 * Every external tensor's place.
 *
 * @throws RangeError when one climbs out of the folder of the model, or is in a model or a JSON file
 */
export const dataPlaces = ({ graph }: ModelProto): readonly DataPlace[] =>
  tensorsOf(graph!)
    .filter(({ dataLocation }) => dataLocation === external)
    .map((tensor) => {
      const { location, offset } = fileOf(tensor);
      return { tensor: tensor.name, location, offset, end: offset + bytes(tensor, "length") };
    });

/** Gives the files other names, those that whoever reads them knows them by; changes the model. */
export const renameDataFiles = ({ graph }: ModelProto, names: ReadonlyMap<string, string>): void => {
  for (const { dataLocation, externalData } of tensorsOf(graph!)) {
    const location = externalData.find(({ key }) => key === "location");
    if (dataLocation === external && location) location.value = names.get(location.value) ?? location.value;
  }
};
