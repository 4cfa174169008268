/** An exported decoder with an extension put on it, as bytes. */
import { checkKeys } from "@ropewalk/check";
import { decode, encode, type ModelProto } from "@ropewalk/graph";
import { inNameOf } from "../errors.ts";
import { placesOfTables, type TablePlace } from "../recognise/rotation/table-rows.ts";
import { checkExtension, checkTables } from "./check-options.ts";
import { extendModel, type ExtendedModel } from "./extend-model.ts";
import { extendOptionKeys, type ExtendOptions } from "./extend-options.ts";

export type ExtendedExport = Omit<ExtendedModel, "model" | "places"> & {
  /** The bytes of the new model.onnx. It refers to the same external data files as the old one. */
  readonly model: Uint8Array;
};

/** The model of model.onnx. Anything that is no decoded model is read as bytes. */
const decoded = (model: Uint8Array | ModelProto): ModelProto =>
  typeof model === "object" && model !== null && "$typeName" in model ? model : decode(model);

/**
 * Puts an extension on an exported decoder.
 *
 * @param model - model.onnx, as bytes or decoded by `@ropewalk/graph`; data in external files is referred to and not read
 * @throws RangeError that names the node and what was not understood, when the bytes are no model, the model is no decoder
 *   of a known form, or was extended before; when the extension's numbers do not fit; TypeError for values of a wrong type
 */
export const extendExport = (options: ExtendOptions, model: Uint8Array | ModelProto): ExtendedExport =>
  inNameOf("extendExport", () => {
    checkKeys("extendExport", "options", options, extendOptionKeys);
    checkExtension("extendExport", options.extension);
    checkTables("extendExport", options.tables);
    const { places: _places, ...extended } = extendModel(options, decoded(model));
    return { ...extended, model: encode(extended.model) };
  });

/**
 * The places of rows of a model's rotary tables that lie in files beside the model, some kilobytes. Read them, and give them to
 * `extendExport`.
 *
 * @param model - model.onnx, as bytes or decoded by `@ropewalk/graph`
 * @throws RangeError when the bytes are no model, or a table lies outside of the model's folder
 */
export const tablePlaces = (model: Uint8Array | ModelProto): readonly TablePlace[] =>
  inNameOf("tablePlaces", () => placesOfTables(decoded(model)));
