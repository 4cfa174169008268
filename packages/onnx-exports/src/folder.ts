/** Folders of exports on a disk. */
import type { ContextExtension } from "@ropewalk/decoder";

export type FolderOptions = {
  readonly extension: ContextExtension;
  /** The model in the folder, relative to it. Absent: `model.onnx`, or `onnx/model.onnx` where there is none. */
  readonly model?: string;
  /** Whether a model that was extended before gets this extension in place of its own. Absent: it is refused. */
  readonly replace?: boolean;
};

export type ExtendedFolder = {
  /** The files that were written, relative to the new folder. */
  readonly files: readonly string[];
  readonly capacity: number;
  readonly trainedContext: number;
  readonly numLayers: number;
  readonly notices: readonly string[];
};

/**
 * Writes a folder with the extended model: model and configs anew, the other files of the export hard-linked where the disk
 * allows it and copied where it does not.
 *
 * @param from - the export's folder
 * @param to - the folder to write, which must be empty or absent
 */
export const extendFolder = async (options: FolderOptions, from: string, to: string): Promise<ExtendedFolder> => {
  throw new Error(`not written yet: ${String(options.model)} ${from} ${to}`);
};
