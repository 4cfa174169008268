export { extendFolder, type FolderOptions, type ExtendedFolder } from "./folder.ts";
