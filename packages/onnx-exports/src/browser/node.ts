/** Replaces the entry `./node` in a browser, with the same names. Each function throws an error that says what to do instead. */
import type * as Node from "../node.ts";

export type { ExtendedFolder, FolderOptions } from "../node.ts";

const needsNode = async (where: string, instead: string, folder: string): Promise<never> => {
  throw new Error(
    `${where}: a folder on a disk needs Node, got ${JSON.stringify(folder)} in a browser; there take ${instead} of @ropewalk/onnx-exports`,
  );
};

export const extendFolder: typeof Node.extendFolder = (_, source) => needsNode("extendFolder", "extendExport", source);

export const trainedContextOf: typeof Node.trainedContextOf = (_, source) =>
  needsNode("trainedContextOf", "loadExport", source);
