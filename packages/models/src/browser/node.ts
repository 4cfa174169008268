/** The entry `./node` in a browser: the same names, and errors that say what to take instead. */
import type * as Node from "../node.ts";
import { needsNode } from "./needs-node.ts";

export const openFolder: typeof Node.openFolder = (folder) =>
  needsNode("openFolder", "a folder on a disk", "openUrl or inMemory", folder);

export const isGgufFile: typeof Node.isGgufFile = (path) =>
  needsNode("isGgufFile", "a file on a disk", "a GGUF file's name in openUrl or inMemory", path);

export const quantizeOnDisk: typeof Node.quantizeOnDisk = ({ name }) =>
  needsNode("quantizeOnDisk", "a temporary folder", "quantizeCheckpoint", name);

export const holdOnDisk: typeof Node.holdOnDisk = ({ name }) =>
  needsNode("holdOnDisk", "a temporary folder", "holdCheckpoint", name);

export const writeFolder: typeof Node.writeFolder = (folder) =>
  needsNode("writeFolder", "a folder on a disk", "the files of convertCheckpoint", folder);

export const writeWhole: typeof Node.writeWhole = (_where, target) =>
  needsNode("writeWhole", "a folder on a disk", "inMemory", target);

export const ownFolder: typeof Node.ownFolder = (parent) =>
  needsNode("ownFolder", "a temporary folder", "inMemory", parent);

export const listFiles: typeof Node.listFiles = (_where, folder) =>
  needsNode("listFiles", "a folder on a disk", "inMemory", folder);

export const followLinks: typeof Node.followLinks = (folder) =>
  needsNode("followLinks", "a folder on a disk", "inMemory", folder);

export const watchFiles: typeof Node.watchFiles = (_where, paths) =>
  needsNode("watchFiles", "files on a disk", "inMemory", String(paths));

export const removeWhole: typeof Node.removeWhole = (folder) =>
  needsNode("removeWhole", "a folder on a disk", "inMemory", folder);

export const lockFile: typeof Node.lockFile = (_where, file) =>
  needsNode("lockFile", "a lock on a disk", "inMemory", file);

export const waitForLock: typeof Node.waitForLock = (file) =>
  needsNode("waitForLock", "a lock on a disk", "inMemory", file);
