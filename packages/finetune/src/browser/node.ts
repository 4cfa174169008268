/** The entry `./node` in a browser: the same names, which throw errors that say what to use instead. */
import type * as Node from "../node.ts";

const needsNode = async (where: string, instead: string, folder: string): Promise<never> => {
  throw new Error(
    `${where}: a folder on a disk needs Node, got ${JSON.stringify(folder)} in a browser; there take ${instead} of @ropewalk/finetune`,
  );
};

export const writeState: typeof Node.writeState = (folder) => needsNode("writeState", "stateFiles", folder);

export const readState: typeof Node.readState = (folder) => needsNode("readState", "stateFrom", folder);

export const savedSteps: typeof Node.savedSteps = (folder) => needsNode("savedSteps", "stateFrom", folder);

export const removeStates: typeof Node.removeStates = (folder) => needsNode("removeStates", "stateFiles", folder);
