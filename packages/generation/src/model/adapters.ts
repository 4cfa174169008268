/** Reads the adapters that a model is loaded with, and puts them beside its weights. */
import { check, checkKeys, checkNumber } from "@ropewalk/check";
import { loadAdapter, openUrl, withAdapters, type CheckpointFolder, type ScaledAdapter } from "@ropewalk/models";
import { needCheckpoint, type ModelSource } from "./model-source.ts";

/** Where an adapter written by PEFT lies: in Node a folder's path, anywhere a folder's URL or a folder of files. */
export type AdapterSource = string | URL | CheckpointFolder;

/** An adapter, and the scale that it is multiplied by. */
export type AdapterChoice = AdapterSource | { readonly source: AdapterSource; readonly scale?: number };

const isScaled = (choice: AdapterChoice): choice is { readonly source: AdapterSource; readonly scale?: number } =>
  typeof choice === "object" && !(choice instanceof URL) && !("file" in choice);

const openAdapter = async (source: AdapterSource): Promise<CheckpointFolder> => {
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  if (source instanceof URL && source.protocol !== "file:") return openUrl(source);
  return (await import("@ropewalk/models/node")).openFolder(source);
};

const read = async (choice: AdapterChoice): Promise<ScaledAdapter> => {
  check(
    typeof choice === "string" || (typeof choice === "object" && choice !== null),
    "loadModel: adapter must be a folder's path or URL, a folder of files, or one of these as { source, scale }",
    choice,
    "object",
  );
  if (!isScaled(choice)) return { adapter: await loadAdapter(await openAdapter(choice)) };
  checkKeys("loadModel", "adapter", choice, { source: true, scale: true }, { folder: "source", weight: "scale" });
  const { source, scale = 1 } = choice;
  checkNumber("loadModel", "adapter.scale", scale, Number.isFinite(scale), "finite");
  check(source !== undefined, "loadModel: adapter.source must be a folder's path or URL, or a folder of files", source);
  return { adapter: await loadAdapter(await openAdapter(source)), scale };
};

/** Reads the adapters that are asked for, in order. */
export const readAdapters = (
  adapter: AdapterChoice | readonly AdapterChoice[] | undefined,
): Promise<readonly ScaledAdapter[]> => {
  const choices: readonly AdapterChoice[] = Array.isArray(adapter) ? adapter : [adapter as AdapterChoice];
  return Promise.all(adapter === undefined ? [] : choices.map(read));
};

/**
 * Puts adapters beside a model's weights. The trained window that they state holds unless the caller states another.
 *
 * @throws TypeError for an ONNX export, and as `withAdapters` of `@ropewalk/models` does
 */
export const adapted = (
  source: ModelSource,
  adapters: readonly ScaledAdapter[],
  trainedContext: number | undefined,
): ModelSource => {
  if (adapters.length === 0) return source;
  const beside = withAdapters(needCheckpoint("loadModel: adapter", source), adapters);
  return trainedContext === undefined ? beside : { ...beside, decoder: { ...beside.decoder, trainedContext } };
};
