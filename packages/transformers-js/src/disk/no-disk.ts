/** Replaces `node-disk.ts` in a browser: no file is found, and reading or writing one is an error. */
import type * as Node from "./node-disk.ts";

const noDisk = (what: string, got: string): never => {
  throw new RangeError(`extendModels: ${what} needs Node, got ${JSON.stringify(got)} in a browser`);
};

export const isFile: typeof Node.isFile = async () => false;
export const readBytes: typeof Node.readBytes = async (path) => noDisk("a file on a disk", path);
export const readPart: typeof Node.readPart = async (path) => noDisk("a file on a disk", path);
export const asFound: typeof Node.asFound = async (path) => noDisk("a file on a disk", path);
export const fileCache: typeof Node.fileCache = (folder) => noDisk("env.cacheDir", folder);

export const workspace: typeof Node.workspace = (parent) => {
  if (parent !== undefined) noDisk("folder", parent);
  return {
    writeModel: async (original) => noDisk("a file on a disk", original),
    addData: async (original) => noDisk("a file on a disk", original),
    remove: async () => {},
  };
};
