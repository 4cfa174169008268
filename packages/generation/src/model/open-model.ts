/** Opens a model without loading its weights. That is enough to choose an extension, to count tokens and to plan memory. */
import { check, checkFunction, show } from "@ropewalk/check";
import { hasWeights, loadCheckpoint, openUrl, type CheckpointFolder } from "@ropewalk/models";
import type { SourceOptions } from "@ropewalk/models/hub";
import { exportNames, loadExport } from "@ropewalk/onnx-exports";
import { checkOpenOptions } from "./check-load-options.ts";
import type { ModelSource } from "./model-source.ts";
import { textCodec, type TextCodec } from "../text/text-codec.ts";

export type OpenOptions = {
  /** For a model on the hub: the cache folder, the access token, and functions that are told of downloads and of an unreachable hub. */
  readonly hub?: SourceOptions;
  /** The length in tokens that the model was trained on. Default: the length that its config states. */
  readonly trainedContext?: number;
  /**
   * The model's file in the folder of an ONNX export, such as `onnx/model_q4.onnx`. Default: the checkpoint; where there is none,
   * `model.onnx` or `onnx/model.onnx`.
   */
  readonly model?: string;
};

export type OpenedModel = {
  /** The checkpoint or export, with the trained length that was asked for. */
  readonly source: ModelSource;
  readonly text: TextCodec | undefined;
};

/** Opens a folder by its name. Only Node has a disk: in a browser the same imports refuse a path, but open a model of the hub. */
const openNamed = async (source: string | URL, options: SourceOptions | undefined): Promise<CheckpointFolder> => {
  if (typeof source === "string") return (await import("@ropewalk/models/hub")).openSource(source, options);
  check(options === undefined, "openModel: hub must be absent for a URL", options);
  return source.protocol === "file:" ? (await import("@ropewalk/models/node")).openFolder(source) : openUrl(source);
};

const readSource = async (folder: CheckpointFolder, model: string | undefined): Promise<ModelSource> => {
  if (model === undefined && (await hasWeights(folder))) return loadCheckpoint(folder);
  const found = await loadExport(model === undefined ? {} : { model }, folder);
  if (found === undefined) {
    const adapter = model === undefined && (await folder.file("adapter_config.json")) !== undefined;
    throw new RangeError(
      `openModel: ${folder.name} must have ${model ?? `weights in safetensors, or ${exportNames.join(" or ")}`}, got ` +
        (adapter ? "an adapter, which is loaded beside the model that it was learned for" : "none"),
    );
  }
  return found;
};

/**
 * Reads a model's config, the header of its weights or its graph, and its tokenizer.
 *
 * @param source - an id on the hub (owner/name, or owner/name@revision), a folder's URL, a folder of files (`openFiles` of those of a page), or
 *   an opened model; in Node a folder's path too
 * @throws Error when a file is missing or inconsistent, the family or a number is unknown, or an export is not understood
 */
export const openModel = async (
  source: string | URL | CheckpointFolder | OpenedModel,
  options: OpenOptions = {},
): Promise<OpenedModel> => {
  checkOpenOptions("openModel", options);
  const { trainedContext, hub, model } = options;
  const withContext = <S extends ModelSource>(read: S): S =>
    trainedContext === undefined ? read : { ...read, decoder: { ...read.decoder, trainedContext } };
  const isObject = typeof source === "object" && source !== null;
  if (typeof source !== "string" && !isObject)
    throw new TypeError(
      `openModel: source must be a folder's path or URL, an id on the hub, a folder of files or an opened model, got ${show(source)}`,
    );
  if (isObject && "source" in source) {
    if (model !== undefined) throw new RangeError(`openModel: model must be absent for an opened model, got ${model}`);
    return { ...source, source: withContext(source.source) };
  }
  const isNamed = typeof source === "string" || source instanceof URL;
  if (!isNamed && "url" in source && !("file" in source))
    throw new TypeError(
      "openModel: source must be a folder's path or URL, an id on the hub, a folder of files or an opened model, " +
        "got an object with a url; its url is meant, or openUrl of it in a page?",
    );
  if (!isNamed && "slice" in source && !("file" in source))
    throw new TypeError(
      `openModel: source must be a folder's path or URL, an id on the hub, a folder of files or an opened model, got ${show(source)}; ` +
        "openFiles of the list of files is meant?",
    );
  if (!isNamed) checkFunction("openModel", "source.file", source.file);
  const read = await readSource(isNamed ? await openNamed(source, hub) : source, model);
  return { source: withContext(read), text: read.tokenizer && textCodec(read.tokenizer) };
};
