/** A decoder that another tool exported, with an extension put on it: bytes in, bytes out. */
import type { ContextExtension } from "@ropewalk/decoder";

export type ExtendOptions = {
  /** What to put on the model; `{}` rewrites the attention and extends nothing. */
  readonly extension: ContextExtension;
  /** The export's parsed config.json, as Hugging Face writes it. */
  readonly config: unknown;
  /** The parsed genai_config.json of ONNX Runtime GenAI, where there is one. */
  readonly genaiConfig?: unknown;
  /** Whether a model that was extended before gets this extension in place of its own. Absent: it is refused. */
  readonly replace?: boolean;
  /** Who keeps the cache: "portable", the caller, by the export's own inputs and outputs. */
  readonly runtime?: "portable";
};

export type ExtendedExport = {
  /** The bytes of the new model.onnx. It refers to the same external data files as the old one. */
  readonly model: Uint8Array;
  /** config.json to go with it: `max_position_embeddings` is the capacity. */
  readonly config: Readonly<Record<string, unknown>>;
  /** genai_config.json to go with it, where one was given: `context_length` is the capacity. */
  readonly genaiConfig: Readonly<Record<string, unknown>> | undefined;
  /** The longest input in tokens that the model can be given. */
  readonly capacity: number;
  /** The window the export was trained on, in tokens. */
  readonly trainedContext: number;
  /** How many layers were rewritten. */
  readonly numLayers: number;
  /** Files that hold its weights, relative to the model's folder. */
  readonly dataFiles: readonly string[];
  /** What changed beyond what was asked for, in words: a program should say it. */
  readonly notices: readonly string[];
};

/**
 * Puts an extension on an exported decoder.
 *
 * @param model - the bytes of model.onnx; data in external files is referred to and not read
 * @throws RangeError that names the node and what was not understood, when the bytes are no model, the model is no decoder
 *   of a known form, or was extended before; when the extension's numbers do not fit; TypeError for values of a wrong type
 */
export const extendExport = (options: ExtendOptions, model: Uint8Array): ExtendedExport => {
  throw new Error(`not written yet: ${String(options.runtime)} ${model.length}`);
};
